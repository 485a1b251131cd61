package dev.adit.tunnel;

/**
 * An origin inside the application, in blocking style: no socket is opened for it.
 *
 * <p>Runs on a virtual thread where the JVM has them, else on a bounded pool, or on the executor given to
 * {@link TunnelClient.Builder#handlerExecutor}; never on an event loop. Called by many threads at once. It may block.
 * An exception thrown before the response has begun becomes a 500, later it breaks the response off visibly; other
 * requests are not affected. Returning without a response is a 500 too. If the executor refuses the task the visitor
 * gets a 503.
 *
 * <p>When {@link OriginOptions#responseTimeout()} passes before the response has begun the visitor gets a 504, and the
 * handler's thread is interrupted, unless it belongs to an executor of the application's. Nothing else interrupts it: a
 * visitor who leaves only makes reading and writing fail.
 */
@FunctionalInterface
public interface OriginHandler {

    /**
     * Answers one request. When this returns, the exchange is over. Not called if the visitor left before its turn.
     *
     * @param exchange the request and the means to answer it
     * @throws Exception to fail this request
     */
    void handle(OriginExchange exchange) throws Exception;
}
