package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One response on its way to the edge. Every method but {@link #eventLoop} is called on that event loop. After the end,
 * a failure or {@link OriginCall#cancel} all of them do nothing (and release what they are given).
 */
public interface ResponseSink {

    /**
     * Returns the tunnel connection's event loop, where connections to the origin belong too.
     *
     * @return the only thread that may use this sink
     */
    EventLoop eventLoop();

    /**
     * Sends an interim response on its way.
     *
     * @param status 100 to 199, not 101
     * @param headers taken as they are, names in the origin's case
     */
    void interim(int status, HttpHeaders headers);

    /**
     * Begins the response. For a WebSocket request that the origin accepted the status is 101, and the body that follows
     * in both directions is the raw byte stream.
     *
     * @param status 101, or 200 to 999
     * @param headers the origin's, in its order and case; framing fields {@code Transfer-Encoding} and {@code Trailer}
     *     and other hop-by-hop fields are removed by the sink
     * @param end whether the response is complete
     */
    void head(int status, HttpHeaders headers, boolean end);

    /**
     * Sends body bytes. Pause the origin while {@link #isWritable} is false.
     *
     * @param data this method <em>takes ownership</em>
     * @param end whether the response is complete
     */
    void data(ByteBuf data, boolean end);

    /**
     * Completes the response with trailers; empty ones are a plain end.
     *
     * @param trailers names in any case
     */
    void trailers(HttpHeaders trailers);

    /**
     * Ends the response as failed: before its head with the failure's status, afterwards by a reset, so that the cut is
     * visible. Logs once.
     *
     * @param failure which leg failed
     * @param message fact, cause and next step, with the origin's address; no secret
     * @param cause what led to it, may be null
     */
    void fail(OriginFailure failure, String message, @Nullable Throwable cause);

    /**
     * Tells whether the edge takes more.
     *
     * @return whether to write on
     */
    boolean isWritable();

    /** Sends what was written; call at the end of each batch read from the origin. */
    void flush();

    /**
     * Gives the edge credit for request body bytes that the origin has taken.
     *
     * @param bytes how many; zero does nothing
     */
    void consumed(int bytes);
}
