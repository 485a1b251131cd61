package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http2.Http2Headers;

/** Answers every request with one status, no headers and no body. What the visitor sends is dropped. */
final class StatusOriginProxy implements OriginProxy {

    private final int status;

    StatusOriginProxy(int status) {
        this.status = status;
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        if (status < 200) {
            response.fail(
                    OriginFailure.RESPONSE_INVALID,
                    "Origin http_status:" + status
                            + " cannot be answered: 1xx is not a final status. Set one from 200 to 999 in the rule.",
                    null);
        } else {
            response.head(status, EmptyHttpHeaders.INSTANCE, true);
            response.flush();
        }
        return new Draining(response);
    }

    @Override
    public void close() {
        // Holds nothing.
    }

    /** Gives credit for a body that nobody reads. */
    private record Draining(ResponseSink response) implements OriginCall {

        @Override
        public void data(ByteBuf data, boolean end) {
            int bytes = data.readableBytes();
            data.release();
            response.consumed(bytes);
        }

        @Override
        public void trailers(Http2Headers trailers) {
            // Nobody reads them.
        }

        @Override
        public void cancel() {
            // Nothing is under way.
        }

        @Override
        public void writabilityChanged() {
            // Nothing waits.
        }

        @Override
        public void flush() {
            // Nothing was written.
        }
    }
}
