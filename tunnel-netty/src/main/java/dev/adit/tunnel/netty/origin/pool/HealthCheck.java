package dev.adit.tunnel.netty.origin.pool;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.PoolOptions;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Asks one member for its health again and again, through the member's own proxy. Used on its event loop only. */
final class HealthCheck {

    private static final int FIRST_GOOD = 200;
    private static final int FIRST_BAD = 400;

    private final PoolMember member;
    private final String path;
    private final PoolOptions options;
    private final EventLoop loop;
    private final BooleanSupplier closed;

    HealthCheck(PoolMember member, String path, PoolOptions options, EventLoop loop, BooleanSupplier closed) {
        this.member = member;
        this.path = path;
        this.options = options;
        this.loop = loop;
        this.closed = closed;
    }

    /** Asks now, and from then on. */
    void begin() {
        if (!closed.getAsBoolean()) {
            new Probe().begin();
        }
    }

    private void again() {
        if (!closed.getAsBoolean()) {
            var unused = loop.schedule(this::begin, options.interval().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** The host that the member is asked for: its own. */
    static String host(Origin origin) {
        String text = origin.toString();
        int authority = text.indexOf("://");
        return authority < 0 ? "localhost" : text.substring(authority + 3);
    }

    /** One question and its answer. The body is read to its end, so that the connection can be used again. */
    private final class Probe implements ResponseSink {

        private @Nullable OriginCall call;
        private @Nullable ScheduledFuture<?> deadline;
        private int status;
        private boolean over;

        void begin() {
            deadline = loop.schedule(this::late, options.timeout().toNanos(), TimeUnit.NANOSECONDS);
            DefaultHttp2Headers headers = new DefaultHttp2Headers(false);
            headers.add(HttpHeaderNames.USER_AGENT, "adit-health-check");
            call = member.proxy()
                    .proxy(new ProxiedRequest("GET", path, host(member.origin()), headers, false, true), this);
        }

        private void late() {
            if (!over) {
                end("nothing complete came within " + options.timeout().toMillis() + " ms");
                if (call != null) {
                    call.cancel();
                }
            }
        }

        /** Ends with what was wrong, null if the answer is complete. */
        private void end(@Nullable String wrong) {
            if (over) {
                return;
            }
            over = true;
            if (deadline != null) {
                deadline.cancel(false);
            }
            boolean good = wrong == null && status >= FIRST_GOOD && status < FIRST_BAD;
            member.checked(good, wrong == null ? "the status was " + status : wrong);
            again();
        }

        @Override
        public EventLoop eventLoop() {
            return loop;
        }

        @Override
        public void interim(int interimStatus, HttpHeaders headers) {
            // No answer yet.
        }

        @Override
        public void head(int finalStatus, HttpHeaders headers, boolean end) {
            status = finalStatus;
            if (end) {
                end(null);
            }
        }

        @Override
        public void data(ByteBuf data, boolean end) {
            data.release();
            if (end) {
                end(null);
            }
        }

        @Override
        public void trailers(HttpHeaders trailers) {
            end(null);
        }

        @Override
        public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
            end(message);
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void flush() {
            // Nobody waits.
        }

        @Override
        public void consumed(int bytes) {
            // There is no body.
        }
    }
}
