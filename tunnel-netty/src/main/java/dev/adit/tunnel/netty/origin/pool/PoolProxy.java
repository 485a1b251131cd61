package dev.adit.tunnel.netty.origin.pool;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.PoolOptions;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Spreads requests over the members of a pool, and asks them for their health if that is wanted. */
public final class PoolProxy implements OriginProxy {

    private final List<PoolMember> members = new ArrayList<>();
    private final PoolOptions options;
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicBoolean checking = new AtomicBoolean();
    private volatile boolean closed;

    /**
     * Makes the proxy of one rule.
     *
     * @param pool the origins
     * @param proxies makes the proxy of each; this one closes them
     */
    public PoolProxy(Origin.Pool pool, Function<Origin, OriginProxy> proxies) {
        options = pool.options();
        for (Origin origin : pool.members()) {
            members.add(new PoolMember(origin, proxies.apply(origin), options, System::nanoTime));
        }
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        if (options.healthPath() != null && !checking.getAndSet(true)) {
            check(options.healthPath(), response.eventLoop());
        }
        PoolCall call = new PoolCall(this, request, response);
        call.start();
        return call;
    }

    private void check(String path, EventLoop loop) {
        for (PoolMember member : members) {
            new HealthCheck(member, path, options, loop, () -> closed).begin();
        }
    }

    PoolOptions options() {
        return options;
    }

    /**
     * Chooses the member for a request: of those that are not out the one with the least to do, else the least bad.
     *
     * @param tried those that could not be connected to for this request
     * @return null if all were tried
     */
    @Nullable
    PoolMember choose(Collection<PoolMember> tried) {
        @Nullable PoolMember best = null;
        @Nullable PoolMember leastBad = null;
        int first = Math.floorMod(turn.getAndIncrement(), members.size());
        for (int i = 0; i < members.size(); i++) {
            PoolMember member = members.get((first + i) % members.size());
            if (tried.contains(member)) {
                continue;
            }
            if (member.isAvailable() && (best == null || member.pending() < best.pending())) {
                best = member;
            }
            if (leastBad == null || member.badness() < leastBad.badness()) {
                leastBad = member;
            }
        }
        return best == null ? leastBad : best;
    }

    @Override
    public void close() {
        closed = true;
        for (PoolMember member : members) {
            member.proxy().close();
        }
    }
}
