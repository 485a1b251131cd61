package dev.adit.tunnel.netty.origin;

/** Serves the requests of one ingress rule. One object serves all event loops; each call runs on one. */
public interface OriginProxy extends AutoCloseable {

    /**
     * Begins to serve one request. Called on {@link ResponseSink#eventLoop()}. Never throws: what goes wrong is told to
     * the sink, later or before this returns.
     *
     * @param request the request's head
     * @param response where the answer goes
     * @return takes what follows of the request
     */
    OriginCall proxy(ProxiedRequest request, ResponseSink response);

    /** Closes idle connections at once and the others when their request is over. Requests may still come meanwhile. */
    @Override
    void close();
}
