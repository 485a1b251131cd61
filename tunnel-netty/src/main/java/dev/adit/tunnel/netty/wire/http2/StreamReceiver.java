package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** What arrives on one {@link TunnelStream}. Called on the connection's event loop. */
public interface StreamReceiver {

    /**
     * Headers came. At the edge: interim responses, then the response, then perhaps trailers. At the connector: trailers
     * only, since the request's own headers open the stream.
     *
     * @param headers borrowed until the call returns; copy what is kept
     * @param endStream whether nothing follows
     */
    void onHeaders(Http2Headers headers, boolean endStream);

    /**
     * Body bytes came. Give their stream credit back with {@link TunnelStream#consumed} once they are taken.
     *
     * @param data the receiver <em>takes ownership</em>
     * @param endStream whether nothing follows
     */
    void onData(ByteBuf data, boolean endStream);

    /** The stream became writable or ceased to be; see {@link TunnelStream#isWritable}. */
    void onWritabilityChanged();

    /**
     * The stream is over before its time: the peer reset it, it broke a rule, or the connection is gone. Nothing
     * follows, and writes are dropped.
     *
     * @param errorCode the HTTP/2 error code; {@link TunnelStream#CONNECTION_LOST} if the connection is gone
     */
    void onReset(long errorCode);
}
