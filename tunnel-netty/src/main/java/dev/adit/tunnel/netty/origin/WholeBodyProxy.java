package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.handler.codec.http.HttpHeaderNames;

/**
 * Stands before the proxy of an origin that wants the length of every request body
 * ({@link OriginOptions#disableChunkedEncoding()}). A body of unknown length is held back until it is complete, and only
 * then the origin hears of the request; all other requests pass at once.
 */
final class WholeBodyProxy implements OriginProxy {

    /** The longest body that is held back, in bytes. */
    static final int MAX_HELD = 1024 * 1024;

    private final OriginProxy proxy;
    private final OriginOptions options;
    private final ReceiveBudget budget;

    /**
     * Stands before a proxy.
     *
     * @param proxy gets requests whose length is known
     * @param options its rule's
     * @param budget bounds what all requests of a client hold
     */
    WholeBodyProxy(OriginProxy proxy, OriginOptions options, ReceiveBudget budget) {
        this.proxy = proxy;
        this.options = options;
        this.budget = budget;
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        boolean lengthIsKnown = request.endStream()
                || request.webSocket()
                || request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        if (lengthIsKnown) {
            return proxy.proxy(request, response);
        }
        WholeBodyCall call = new WholeBodyCall(proxy, options, budget, request, response);
        call.start();
        return call;
    }

    @Override
    public void close() {
        proxy.close();
    }
}
