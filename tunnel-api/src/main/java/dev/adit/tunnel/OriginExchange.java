package dev.adit.tunnel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Optional;

/**
 * One request and its response, in blocking style. Use it from the thread of {@link OriginHandler#handle} or from one
 * other thread at a time.
 *
 * <p>Back-pressure: {@link #body()} asks the visitor for more only as it is read, and the stream of
 * {@link #respond(int, HeaderFields)} blocks while the visitor does not take what was written.
 */
public interface OriginExchange {

    /**
     * Returns what was asked for.
     *
     * @return the request's head
     */
    OriginRequest request();

    /**
     * Returns the request's body. Reading blocks until data is there; the end is the end of a complete body. A visitor
     * who goes away in the middle makes {@code read} throw an {@link IOException}: a cut body never looks complete. So
     * does a complete response: read what is wanted before it ends. Closing the stream drops the rest.
     *
     * @return always the same stream; empty for a request without body or for a WebSocket
     */
    InputStream body();

    /**
     * Returns the request's trailer fields.
     *
     * @return the trailers; empty if there were none or the body has not been read to its end
     */
    HeaderFields requestTrailers();

    /**
     * Sends an interim response, such as 103 Early Hints. Interim responses reach the visitor where both ends of the
     * tunnel are Adit; others drop them.
     *
     * @param status 102 to 199
     * @param headers its header fields
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if the response has begun
     */
    void inform(int status, HeaderFields headers) throws IOException;

    /**
     * Sends a response without body.
     *
     * @param status 200 to 999
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if a response has begun
     */
    default void respond(int status) throws IOException {
        respond(status, HeaderFields.empty(), new byte[0]);
    }

    /**
     * Sends a response with a text body in UTF-8.
     *
     * @param status 200 to 999
     * @param contentType the media type, such as {@code text/html; charset=utf-8}
     * @param text the body
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if a response has begun
     */
    default void respond(int status, String contentType, String text) throws IOException {
        respond(
                status,
                HeaderFields.of("Content-Type", contentType),
                text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /**
     * Sends a response whose body is at hand. {@code Content-Length} is added, but for 204 and 304. Blocks while the
     * visitor does not take a long body. The answer to {@code HEAD} gets the length and no body.
     *
     * @param status 200 to 999
     * @param headers the header fields; those that concern one hop only are left out
     * @param body the whole body, copied; must be empty for 204 and 304
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if a response has begun
     * @throws IllegalArgumentException if the status is out of its range, allows no body, or the header fields declare
     *     another length
     */
    void respond(int status, HeaderFields headers, byte[] body) throws IOException;

    /**
     * Begins a response whose body is streamed. The head is sent at once, and so is what was written at each
     * {@code flush()}; else bytes go in pieces of 16 KiB. Writing blocks while 64 KiB wait for the visitor.
     *
     * <p>Closing the stream completes the response; if the handler fails before that, or returns without closing it,
     * the visitor sees the response break off. With {@code Content-Length}, exactly that many bytes must be written:
     * one more, or closing before, throws an {@link IOException} and breaks the response off; all of them are complete
     * also without closing. Without it, the end is sent once the handler has returned normally, so that a response
     * whose stream was closed by an exception on its way out never looks complete.
     *
     * <p>What is written in answer to {@code HEAD} is dropped; for 204 and 304 writing throws.
     *
     * @param status 200 to 999
     * @param headers the header fields; {@code Content-Length} may be among them
     * @return where to write the body
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if a response has begun
     * @throws IllegalArgumentException if the status is out of its range or {@code Content-Length} is no number
     */
    OutputStream respond(int status, HeaderFields headers) throws IOException;

    /**
     * Sets the trailer fields to be sent when the response's body is closed. Dropped where there is no body.
     *
     * @param trailers the fields
     * @throws IllegalStateException if the response is complete
     */
    void trailers(HeaderFields trailers);

    /**
     * Accepts the WebSocket that the visitor asked for. To decline it, respond with another status instead.
     *
     * @param headers more header fields for the 101 response, such as {@code Sec-WebSocket-Protocol}
     * @return the open WebSocket
     * @throws IOException if the visitor is gone
     * @throws IllegalStateException if the request is no WebSocket request, has no {@code Sec-WebSocket-Key}, or a
     *     response has begun
     * @throws IllegalArgumentException if {@code Sec-WebSocket-Extensions} is among the fields: none is supported
     */
    OriginWebSocket acceptWebSocket(HeaderFields headers) throws IOException;

    /**
     * Tells whether nobody waits for the response any more: the visitor is gone, the tunnel lost its connection, or the
     * deadline has passed.
     *
     * @return whether to stop working
     */
    boolean isCancelled();

    /**
     * Registers what to do when {@link #isCancelled()} becomes true; run at once if it is already. Called off the event
     * loops, on the handler executor.
     *
     * @param action runs at most once
     */
    void onCancel(Runnable action);

    /**
     * Returns until when the response must have begun: {@link OriginOptions#responseTimeout()} after the request came.
     *
     * @return the instant, empty if there is no limit
     */
    Optional<Instant> deadline();
}
