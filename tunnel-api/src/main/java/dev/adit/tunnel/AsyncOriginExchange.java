package dev.adit.tunnel;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/**
 * One request and its response, in asynchronous style. Safe for use by several threads. Signals to subscribers and
 * completions of futures come on the handler executor, one after the other for one exchange, never on an event loop.
 */
public interface AsyncOriginExchange {

    /**
     * Returns what was asked for.
     *
     * @return the request's head
     */
    OriginRequest request();

    /**
     * Returns the request's body for one subscriber. Demand is back-pressure: the visitor is asked for more only as
     * the subscriber asks. {@code onError} means that the body was cut; {@code onComplete} that it is complete. Each
     * buffer belongs to the subscriber. A second subscriber gets an {@link IllegalStateException}. What has not been
     * asked for when the response is complete is dropped: subscribe before. A subscriber that throws fails the exchange.
     *
     * @return the body; empty for a WebSocket, which only {@link OriginExchange#acceptWebSocket} can accept
     */
    Flow.Publisher<ByteBuffer> body();

    /**
     * Returns the request's trailer fields.
     *
     * @return completes with the end of the body, exceptionally if it was cut
     */
    CompletableFuture<HeaderFields> requestTrailers();

    /**
     * Sends an interim response, such as 103 Early Hints. Ignored once the response has begun or the visitor is gone.
     *
     * @param status 102 to 199
     * @param headers its header fields
     */
    void inform(int status, HeaderFields headers);

    /**
     * Sends a response whose body is at hand. {@code Content-Length} is added, but for 204 and 304.
     *
     * @param status 200 to 999
     * @param headers the header fields
     * @param body the whole body; copied as the visitor takes it, so not to be changed before the future has completed;
     *     must be empty for 204 and 304
     * @return completes when the response has been handed to the network, exceptionally when the visitor is gone or a
     *     response had begun
     * @throws IllegalArgumentException if the status is out of its range, allows no body, or the header fields declare
     *     another length
     */
    CompletableFuture<Void> respond(int status, HeaderFields headers, byte[] body);

    /**
     * Sends a response whose body a publisher gives. Items are asked for one at a time, as the visitor takes them. The
     * publisher has been subscribed to, on the calling thread, when this returns, so that nothing published after it is
     * lost. An error of the publisher, failed trailers, or more or fewer bytes than {@code Content-Length} break the response off
     * visibly. Where there is no body, for {@code HEAD}, 204 and 304, the subscription is cancelled at once.
     *
     * @param status 200 to 999
     * @param headers the header fields; {@code Content-Length} may be among them
     * @param body the body; a buffer must not be changed after it was published
     * @param trailers completes with the trailer fields to send behind the body
     * @return completes when the response has been handed to the network, exceptionally when it was cut or a response had
     *     begun
     * @throws IllegalArgumentException if the status is out of its range or {@code Content-Length} is no number
     */
    CompletableFuture<Void> respond(
            int status,
            HeaderFields headers,
            Flow.Publisher<ByteBuffer> body,
            CompletableFuture<HeaderFields> trailers);

    /**
     * Fails the exchange: 500 if the response has not begun, else the response breaks off visibly.
     *
     * @param cause goes to the log
     */
    void fail(Throwable cause);

    /**
     * Returns what completes when nobody waits for the response any more.
     *
     * @return completes normally on cancellation; never for an exchange that ends well
     */
    CompletableFuture<Void> cancelled();

    /**
     * Returns until when the response must have begun: {@link OriginOptions#responseTimeout()} after the request came.
     *
     * @return the instant, empty if there is no limit
     */
    Optional<Instant> deadline();
}
