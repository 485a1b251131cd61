package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** What waits in a {@link ResponseQueue}, in the order in which a sink takes it. */
sealed interface ResponsePart {

    /** An interim head. */
    record Interim(int status, HttpHeaders headers) implements ResponsePart {}

    /** The head. */
    record Head(int status, HttpHeaders headers, boolean end) implements ResponsePart {}

    /** Body bytes; who takes the part from the queue <em>gets ownership</em>. */
    record Body(ByteBuf data, boolean end) implements ResponsePart {}

    /** What is left of a body that was given in one array, not copied yet. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Rest(byte[] body, int from) implements ResponsePart {}

    /** The end, with trailers if there are any. */
    record Trailers(HttpHeaders fields) implements ResponsePart {}

    /** The end of a response that failed. */
    record Failure(
            OriginFailure kind, String message, @Nullable Throwable cause) implements ResponsePart {}
}
