package dev.adit.tunnel;

/**
 * An origin inside the application, in asynchronous style. Called on the handler executor, never on an event loop; the
 * exchange goes on after the method has returned.
 */
@FunctionalInterface
public interface AsyncOriginHandler {

    /**
     * Begins to answer one request.
     *
     * @param exchange the request and the means to answer it; usable from any thread
     * @throws Exception to fail this request as {@link AsyncOriginExchange#fail} does
     */
    void handle(AsyncOriginExchange exchange) throws Exception;
}
