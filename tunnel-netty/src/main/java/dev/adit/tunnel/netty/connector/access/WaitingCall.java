package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A request whose token is being checked. Holds what follows of it, at most one stream window, until the decision. Lives
 * on the request's event loop.
 */
final class WaitingCall implements OriginCall {

    private final OriginProxy proxy;
    private final ProxiedRequest request;
    private final ResponseSink response;
    private final Queue<ByteBuf> held = new ArrayDeque<>();
    private boolean ended;
    private boolean over;
    private @Nullable Http2Headers trailers;
    private @Nullable OriginCall call;

    WaitingCall(OriginProxy proxy, ProxiedRequest request, ResponseSink response) {
        this.proxy = proxy;
        this.request = request;
        this.response = response;
    }

    /**
     * Lets the request pass, or ends it.
     *
     * @param failure why not, null if it may pass
     */
    void decided(@Nullable Throwable failure) {
        if (over) {
            return;
        }
        if (failure != null) {
            refuse(failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure);
            return;
        }
        OriginCall begun = proxy.proxy(request, response);
        call = begun;
        while (!held.isEmpty()) {
            ByteBuf data = held.remove();
            begun.data(data, ended && trailers == null && held.isEmpty());
        }
        if (trailers != null) {
            begun.trailers(trailers);
        }
        begun.flush();
    }

    private void refuse(Throwable failure) {
        over = true;
        drop();
        if (failure instanceof OriginException known) {
            response.fail(known.failure(), OriginException.text(known), known.getCause());
        } else {
            response.fail(
                    OriginFailure.ACCESS_DENIED,
                    "The Access token could not be checked: " + OriginException.text(failure) + ".",
                    failure);
        }
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        ended |= end;
        if (call != null) {
            call.data(data, end);
        } else if (over) {
            release(data);
        } else {
            held.add(data);
        }
    }

    @Override
    public void trailers(Http2Headers received) {
        ended = true;
        if (call != null) {
            call.trailers(received);
        } else if (!over) {
            trailers = new DefaultHttp2Headers(false).setAll(received);
        }
    }

    @Override
    public void cancel() {
        over = true;
        drop();
        if (call != null) {
            call.cancel();
        }
    }

    @Override
    public void writabilityChanged() {
        if (call != null) {
            call.writabilityChanged();
        }
    }

    @Override
    public void flush() {
        if (call != null) {
            call.flush();
        }
    }

    @Override
    public void goingAway() {
        if (call != null) {
            call.goingAway();
        }
    }

    private void drop() {
        while (!held.isEmpty()) {
            release(held.remove());
        }
    }

    private void release(ByteBuf data) {
        int bytes = data.readableBytes();
        data.release();
        response.consumed(bytes);
    }
}
