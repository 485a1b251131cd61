package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One GET of a key set, limited in time and size. Lives on one event loop. */
final class KeyFetch implements ResponseSink {

    private static final int MAX_BYTES = 256 * 1024;
    private static final int OK = 200;

    private final EventLoop loop;
    private final Duration limit;
    private final CompletableFuture<SigningKeys> keys = new CompletableFuture<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable OriginCall call;
    private @Nullable Future<?> deadline;

    KeyFetch(EventLoop loop, Duration limit) {
        this.loop = loop;
        this.limit = limit;
    }

    CompletableFuture<SigningKeys> keys() {
        return keys;
    }

    void begin(OriginProxy proxy, ProxiedRequest request) {
        deadline = loop.schedule(
                () -> giveUp("no whole answer within " + limit.toMillis() + " ms", null),
                limit.toNanos(),
                TimeUnit.NANOSECONDS);
        OriginCall begun = proxy.proxy(request, this);
        call = begun;
        begun.flush();
        if (keys.isDone()) {
            begun.cancel();
        }
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public void interim(int status, HttpHeaders headers) {
        // Hints are of no use here.
    }

    @Override
    public void head(int status, HttpHeaders headers, boolean end) {
        if (status != OK) {
            giveUp("it answered " + status, null);
        } else if (end) {
            complete();
        }
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        try {
            if (keys.isDone()) {
                return;
            }
            if (body.size() + data.readableBytes() > MAX_BYTES) {
                giveUp("its answer is longer than " + MAX_BYTES + " bytes", null);
                return;
            }
            data.readBytes(body, data.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory does not fail", e);
        } finally {
            data.release();
        }
        if (end) {
            complete();
        }
    }

    @Override
    public void trailers(HttpHeaders trailers) {
        complete();
    }

    @Override
    public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
        giveUp(message, cause);
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void flush() {
        // Nothing is written anywhere.
    }

    @Override
    public void consumed(int bytes) {
        // The request has no body.
    }

    private void complete() {
        if (keys.isDone()) {
            return;
        }
        try {
            SigningKeys read = SigningKeys.read(body.toString(StandardCharsets.UTF_8));
            cancelDeadline();
            keys.complete(read);
        } catch (ParseException e) {
            giveUp("its answer is no key set: " + e.getMessage(), e);
        }
    }

    private void giveUp(String reason, @Nullable Throwable cause) {
        if (keys.isDone()) {
            return;
        }
        cancelDeadline();
        keys.completeExceptionally(new OriginException(OriginFailure.ACCESS_KEYS_UNAVAILABLE, reason, cause));
        if (call != null) {
            call.cancel();
        }
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
