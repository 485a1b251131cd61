package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.HttpOriginProxy;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginDialer;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Serves a rule from an origin that speaks HTTP/2. Many requests share a connection; each event loop has its own. The
 * limit on idle connections ({@link OriginOptions#keepAliveConnections()}) holds for all loops together.
 *
 * <p>An https origin that chooses HTTP/1.1 in the TLS handshake is served so, and asked again when
 * {@link OriginOptions#keepAliveTimeout()} has passed. WebSocket requests go to an https origin over HTTP/1.1, since
 * hardly any server takes them over HTTP/2 (RFC 8441); an h2c origin has no other protocol, so there they are refused.
 */
public final class Http2OriginProxy implements OriginProxy {

    private final OriginDialer dialer;
    private final ReceiveBudget budget;
    private final @Nullable HttpOriginProxy http1;
    private final AtomicInteger idle = new AtomicInteger();
    private final ConcurrentMap<PoolKey, Http2Pool> pools = new ConcurrentHashMap<>();
    private volatile @Nullable Long http1Since;
    private volatile boolean closed;

    private record PoolKey(EventLoop loop, String serverName) {}

    /**
     * Makes the proxy of one rule.
     *
     * @param dialer opens its connections
     * @param budget bounds what received response bodies hold
     */
    public Http2OriginProxy(OriginDialer dialer, ReceiveBudget budget) {
        this.dialer = dialer;
        this.budget = budget;
        http1 = dialer.address().tls() ? new HttpOriginProxy(dialer) : null;
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        @Nullable HttpOriginProxy fallback = http1;
        if (fallback != null && (request.webSocket() || choseHttp1())) {
            return fallback.proxy(request, response);
        }
        Http2OriginCall call = new Http2OriginCall(this, request, response);
        call.start();
        return call;
    }

    private boolean choseHttp1() {
        @Nullable Long since = http1Since;
        return since != null
                && System.nanoTime() - since < options().keepAliveTimeout().toNanos();
    }

    /** The origin chose HTTP/1.1, or demands it. */
    void noteHttp1() {
        http1Since = System.nanoTime();
    }

    /** Serves what this proxy cannot, null at an h2c origin. */
    @Nullable
    HttpOriginProxy http1() {
        return http1;
    }

    /** The connections of a loop and a server name; called on that loop. */
    Http2Pool pool(EventLoop loop, String serverName) {
        return pools.computeIfAbsent(
                new PoolKey(loop, serverName), key -> new Http2Pool(this, key.loop(), key.serverName()));
    }

    /** Forgets a pool that holds nothing; called on its loop. */
    void forget(Http2Pool pool) {
        pools.remove(new PoolKey(pool.loop(), pool.serverName()), pool);
    }

    OriginDialer dialer() {
        return dialer;
    }

    OriginOptions options() {
        return dialer.options();
    }

    ReceiveBudget budget() {
        return budget;
    }

    boolean isClosed() {
        return closed;
    }

    /** Counts one more idle connection, unless there are enough. */
    boolean mayKeepIdle() {
        if (closed) {
            return false;
        }
        if (idle.incrementAndGet() <= options().keepAliveConnections()) {
            return true;
        }
        idle.decrementAndGet();
        return false;
    }

    /** An idle connection is in use again, or gone. */
    void noLongerIdle() {
        idle.decrementAndGet();
    }

    @Override
    public void close() {
        closed = true;
        pools.values().forEach(Http2Pool::closeSoon);
        if (http1 != null) {
            http1.close();
        }
    }
}
