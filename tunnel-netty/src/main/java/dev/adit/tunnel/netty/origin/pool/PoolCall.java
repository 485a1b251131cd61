package dev.adit.tunnel.netty.origin.pool;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.ForwardingSink;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to a member of a pool, and to the next one if the first cannot be connected to. Used on its
 * event loop only.
 */
final class PoolCall implements OriginCall {

    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    /** Of these the request cannot have reached the member. */
    private static final Set<OriginFailure> NOT_CONNECTED = EnumSet.of(
            OriginFailure.NAME_NOT_RESOLVED,
            OriginFailure.CONNECT_FAILED,
            OriginFailure.CONNECT_TIMED_OUT,
            OriginFailure.TLS_FAILED,
            OriginFailure.TLS_TIMED_OUT);

    private final PoolProxy pool;
    private final ProxiedRequest request;
    private final ResponseSink sink;
    private final List<PoolMember> tried = new ArrayList<>(2);
    private @Nullable Attempt attempt;
    private boolean bodyBegun;
    private boolean cancelled;

    PoolCall(PoolProxy pool, ProxiedRequest request, ResponseSink sink) {
        this.pool = pool;
        this.request = request;
        this.sink = sink;
    }

    void start() {
        @Nullable PoolMember first = pool.choose(tried);
        if (first != null) {
            begin(first);
        }
    }

    private void begin(PoolMember member) {
        Attempt next = new Attempt(member);
        attempt = next;
        next.begin();
    }

    private @Nullable OriginCall call() {
        return attempt == null ? null : attempt.call;
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        bodyBegun = true;
        @Nullable OriginCall call = call();
        if (call == null) {
            int bytes = data.readableBytes();
            data.release();
            sink.consumed(bytes);
        } else {
            call.data(data, end);
        }
    }

    @Override
    public void trailers(Http2Headers trailers) {
        bodyBegun = true;
        @Nullable OriginCall call = call();
        if (call != null) {
            call.trailers(trailers);
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        if (attempt != null) {
            attempt.cancel();
        }
    }

    @Override
    public void writabilityChanged() {
        @Nullable OriginCall call = call();
        if (call != null) {
            call.writabilityChanged();
        }
    }

    @Override
    public void flush() {
        @Nullable OriginCall call = call();
        if (call != null) {
            call.flush();
        }
    }

    /** The request at one member. */
    private final class Attempt extends ForwardingSink {

        private final PoolMember member;
        private @Nullable OriginCall call;
        private boolean headSeen;
        private boolean over;

        Attempt(PoolMember member) {
            super(sink);
            this.member = member;
        }

        void begin() {
            member.begin();
            call = member.proxy().proxy(request, this);
            if (cancelled && !over) {
                cancel();
            }
        }

        void cancel() {
            onEnd();
            if (call != null) {
                call.cancel();
            }
        }

        @Override
        protected void onEnd() {
            if (!over) {
                over = true;
                member.end();
            }
        }

        @Override
        public void head(int status, HttpHeaders headers, boolean end) {
            headSeen = true;
            if (pool.options().failureStatuses().contains(status)) {
                member.failed("it answered " + status + ".");
            } else {
                member.succeeded();
            }
            super.head(status, headers, end);
        }

        @Override
        public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
            boolean unreachable = !headSeen && NOT_CONNECTED.contains(failure);
            if (unreachable) {
                member.failed(message);
                tried.add(member);
            }
            onEnd();
            @Nullable PoolMember next = unreachable && mayGoElsewhere() ? pool.choose(tried) : null;
            if (next == null) {
                super.fail(failure, message, cause);
            } else {
                PoolCall.this.begin(next);
            }
        }

        private boolean mayGoElsewhere() {
            return !cancelled && !bodyBegun && IDEMPOTENT.contains(request.method());
        }
    }
}
