package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import io.netty.buffer.ByteBuf;

/** Takes what follows of a request. Called on the event loop. */
interface Inbound {

    /** Body bytes came; this <em>takes ownership</em>. */
    void data(ByteBuf data, boolean end);

    /** Trailers came; the request is complete. */
    void trailers(HeaderFields trailers);

    /** The request broke off: what is held is dropped, and who waits for more is told why. */
    void cut(String reason);

    /** The response is complete: nothing more comes, what was not given credit for will not be. */
    void responseComplete();

    /** Fewer than half of {@link ResponseQueue#LIMIT} bytes wait to be sent again. */
    default void room() {}

    /** The tunnel closes soon. */
    default void goingAway() {}
}
