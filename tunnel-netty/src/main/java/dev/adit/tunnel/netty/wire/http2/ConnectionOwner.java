package dev.adit.tunnel.netty.wire.http2;

import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** Who is told about a tunnel connection as a whole. Called on its event loop. */
public interface ConnectionOwner {

    /** The peer's first SETTINGS came: it speaks HTTP/2. */
    default void onReady() {}

    /**
     * The peer opened a stream; at the connector only.
     *
     * @param stream the new stream
     * @param headers borrowed until the call returns
     * @param endStream whether the request has neither body nor trailers
     * @return who takes what follows on the stream
     */
    StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream);

    /**
     * The peer will answer no stream above the given one.
     *
     * @param lastStreamId the last stream the peer will work on
     * @param errorCode the HTTP/2 error code, 0 for a peaceful end
     */
    default void onGoAway(int lastStreamId, long errorCode) {}

    /** A batch of frames was read: flush what they led to. */
    default void onReadComplete() {}

    /** A stream ended, in whatever way; {@link TunnelHttp2#activeStreams} counts without it. */
    default void onStreamClosed() {}

    /**
     * The connection is gone. Called once, after every stream's {@link StreamReceiver#onReset}.
     *
     * @param cause the fault that ended it, null if it was simply closed
     */
    void onClosed(@Nullable Throwable cause);
}
