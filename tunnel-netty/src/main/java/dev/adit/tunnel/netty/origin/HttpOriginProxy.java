package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginOptions;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Serves a rule from an HTTP/1.1 origin. Each event loop has its own pool of idle connections; the limit on idle ones
 * ({@link OriginOptions#keepAliveConnections()}) holds for all loops together.
 */
public final class HttpOriginProxy implements OriginProxy {

    private final OriginDialer dialer;
    private final OriginOptions options;
    private final AtomicInteger idle = new AtomicInteger();
    private final ConcurrentMap<EventLoop, OriginPool> pools = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * Makes the proxy of one rule.
     *
     * @param dialer opens its connections
     */
    public HttpOriginProxy(OriginDialer dialer) {
        this.dialer = dialer;
        options = dialer.options();
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        return proxy(request, response, null);
    }

    /**
     * Like {@link #proxy(ProxiedRequest, ResponseSink)}, on a connection that is there already.
     *
     * @param request the request's head
     * @param response where the answer goes
     * @param fresh what {@link OriginDialer.Outcome#connected} was given, made for this request's server name; taken.
     *     Null if there is none
     * @return takes what follows of the request
     */
    public OriginCall proxy(ProxiedRequest request, ResponseSink response, @Nullable Channel fresh) {
        OriginPool pool = pools.computeIfAbsent(response.eventLoop(), loop -> new OriginPool(this, loop));
        HttpOriginCall call = new HttpOriginCall(this, pool, request, response);
        call.start(fresh);
        return call;
    }

    OriginDialer dialer() {
        return dialer;
    }

    OriginOptions options() {
        return options;
    }

    OriginAddress address() {
        return dialer.address();
    }

    boolean isClosed() {
        return closed;
    }

    /** Idle connections of all loops. */
    AtomicInteger idle() {
        return idle;
    }

    @Override
    public void close() {
        closed = true;
        for (OriginPool pool : pools.values()) {
            pool.closeSoon();
        }
    }
}
