package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * One request on its way to its origin: the side that takes the body. Called on the tunnel connection's event loop.
 * Bytes that the origin has taken are told to {@link ResponseSink#consumed}.
 */
public interface OriginCall {

    /**
     * Body bytes came. They may come before the origin is connected; hold them then: flow control bounds them to one
     * stream window.
     *
     * @param data this call <em>takes ownership</em>
     * @param end whether the request is complete with them
     */
    void data(ByteBuf data, boolean end);

    /**
     * Trailers came; the request is complete.
     *
     * @param trailers borrowed
     */
    void trailers(Http2Headers trailers);

    /**
     * The visitor or the edge is gone before both request and response were complete: stop working, close the origin's
     * connection. The sink takes nothing more. A request broken off like this must never look complete to the origin.
     */
    void cancel();

    /** The sink's {@link ResponseSink#isWritable} changed: read on from the origin, or pause. */
    void writabilityChanged();

    /**
     * The tunnel closes soon, and what still runs then is cut. Who can tell the visitor does so: a WebSocket is closed
     * with 1001. Other requests go on and may end in time.
     */
    default void goingAway() {}

    /** A batch of what was given to this call is over: flush what was written to the origin. */
    void flush();
}
