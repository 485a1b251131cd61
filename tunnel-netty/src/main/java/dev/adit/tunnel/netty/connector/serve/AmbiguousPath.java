package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** Refuses requests whose path an origin may read as one that another Access check stands before. */
final class AmbiguousPath implements OriginProxy {

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        response.fail(
                OriginFailure.REQUEST_INVALID,
                "The path may be read as that of another rule with another Access check (dot segments, joined slashes,"
                        + " ; or escapes). It was not passed to the origin; the visitor has to send it plainly.",
                null);
        response.flush();
        return new Refused(response);
    }

    /** What still comes of the request is dropped. */
    private record Refused(ResponseSink response) implements OriginCall {

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

    @Override
    public void close() {
        // Holds nothing.
    }
}
