package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is held back until its length is known. Until then nothing of it reaches the origin, so that a
 * body that breaks off or is too long leaves no trace there. Used on its event loop only.
 *
 * <p>The visitor gets credit for bytes when they are held: they are copied into one buffer of our own, so that many small
 * pieces do not pin the tunnel connection's buffers. Held bytes count against a budget until the origin has taken them.
 */
final class WholeBodyCall implements OriginCall {

    private static final int CONTINUE = 100;

    private final OriginProxy proxy;
    private final ReceiveBudget budget;
    private final OriginOptions options;
    private final ProxiedRequest request;
    private final ResponseSink sink;
    private final ResponseClock clock;

    private @Nullable ByteBuf body;
    private @Nullable OriginCall call;
    private int held;
    private boolean over;

    WholeBodyCall(
            OriginProxy proxy, OriginOptions options, ReceiveBudget budget, ProxiedRequest request, ResponseSink sink) {
        this.proxy = proxy;
        this.options = options;
        this.budget = budget;
        this.request = request;
        this.sink = sink;
        clock = new ResponseClock(options.responseTimeout(), sink.eventLoop(), this::stalled);
    }

    /** Begins to wait for the body; a visitor who waits for leave to send it gets that. */
    void start() {
        clock.start();
        if (request.headers().contains(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE)) {
            sink.interim(CONTINUE, EmptyHttpHeaders.INSTANCE);
            sink.flush();
        }
    }

    // The request.

    @Override
    public void data(ByteBuf data, boolean end) {
        int bytes = data.readableBytes();
        try {
            if (bytes > 0 && !over && call == null) {
                hold(data);
            }
        } finally {
            data.release();
            sink.consumed(bytes);
        }
        if (end && !over && call == null) {
            pass(null);
        }
    }

    /** Borrows the data. */
    private void hold(ByteBuf data) {
        clock.progress();
        int bytes = data.readableBytes();
        if (held + bytes > WholeBodyProxy.MAX_HELD) {
            refuse(
                    OriginFailure.REQUEST_TOO_LARGE,
                    "The request has a body of unknown length and of more than " + WholeBodyProxy.MAX_HELD
                            + " bytes, and the rule's disableChunkedEncoding asks to hold it back until it is complete."
                            + " The origin has not seen it. Send it with Content-Length, or turn the option off.");
        } else if (!budget.tryHold(bytes)) {
            refuse(
                    OriginFailure.OVERLOADED,
                    "The body of the request cannot be held back until it is complete (disableChunkedEncoding): the"
                            + " connector holds as much for other requests as it may. The origin has not seen it.");
        } else {
            held += bytes;
            if (body == null) {
                body = data.alloc().buffer(bytes, WholeBodyProxy.MAX_HELD);
            }
            body.writeBytes(data);
        }
    }

    @Override
    public void trailers(Http2Headers trailers) {
        if (!over && call == null) {
            pass(trailers);
        }
    }

    /** The body is complete: now the origin gets the request. HTTP/1.1 has no place for trailers after a length. */
    private void pass(@Nullable Http2Headers trailers) {
        clock.stop();
        @Nullable ByteBuf whole = body;
        body = null;
        boolean empty = whole == null && trailers == null;
        OriginCall begun = proxy.proxy(withLength(empty), new Response());
        call = begun;
        if (over) {
            ReferenceCountUtil.release(whole);
            begun.cancel();
            return;
        }
        if (whole != null) {
            begun.data(whole, trailers == null);
        }
        if (trailers != null) {
            begun.trailers(trailers);
        }
        begun.flush();
    }

    /** Nobody waits for leave any more, so that the origin is not asked for it. */
    private ProxiedRequest withLength(boolean empty) {
        Http2Headers headers = new DefaultHttp2Headers(false).setAll(request.headers());
        headers.remove(HttpHeaderNames.EXPECT);
        if (!empty) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, new AsciiString(Integer.toString(held)));
        }
        return new ProxiedRequest(
                request.method(), request.target(), request.authority(), headers, request.webSocket(), empty);
    }

    private void stalled() {
        refuse(
                OriginFailure.REQUEST_TIMED_OUT,
                "Nothing came of the request's body for "
                        + options.responseTimeout().toMillis()
                        + " ms, and the rule's disableChunkedEncoding holds it back until it is complete. The origin has"
                        + " not seen it.");
    }

    private void refuse(OriginFailure failure, String message) {
        end();
        sink.fail(failure, message, null);
        sink.flush();
    }

    @Override
    public void cancel() {
        end();
        if (call != null) {
            call.cancel();
        }
    }

    /** Nothing more is needed of the body. */
    private void end() {
        over = true;
        clock.stop();
        letGo(held);
        if (body != null) {
            body.release();
            body = null;
        }
    }

    private void letGo(int bytes) {
        int now = Math.min(bytes, held);
        held -= now;
        if (now > 0) {
            budget.release(now);
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

    /** The way of the response. The visitor had its credit when the bytes were held, so now only the budget gets it. */
    private final class Response extends ForwardingSink {

        Response() {
            super(sink);
        }

        @Override
        public void consumed(int bytes) {
            letGo(bytes);
        }

        @Override
        protected void onEnd() {
            end();
        }
    }
}
