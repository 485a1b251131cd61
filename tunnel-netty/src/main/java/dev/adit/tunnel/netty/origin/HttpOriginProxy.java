package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginOptions;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves a rule from an HTTP/1.1 origin. Each event loop has its own pool of idle connections; the limit on idle ones
 * ({@link OriginOptions#keepAliveConnections()}) holds for all loops together.
 */
final class HttpOriginProxy implements OriginProxy {

    private final OriginDialer dialer;
    private final OriginOptions options;
    private final AtomicInteger idle = new AtomicInteger();
    private final ConcurrentMap<EventLoop, OriginPool> pools = new ConcurrentHashMap<>();
    private volatile boolean closed;

    HttpOriginProxy(OriginAddress address, OriginOptions options, OriginResources resources) {
        this.options = options;
        dialer = new OriginDialer(address, options, resources);
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        OriginPool pool = pools.computeIfAbsent(response.eventLoop(), loop -> new OriginPool(this, loop));
        HttpOriginCall call = new HttpOriginCall(this, pool, request, response);
        call.start();
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
