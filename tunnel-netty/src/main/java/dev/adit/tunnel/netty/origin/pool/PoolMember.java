package dev.adit.tunnel.netty.origin.pool;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.PoolOptions;
import dev.adit.tunnel.netty.origin.OriginProxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One origin of a pool, how much it has to do, and whether it is out. Safe for use by several threads. */
final class PoolMember {

    private static final Logger LOG = LoggerFactory.getLogger(PoolMember.class);

    private final Origin origin;
    private final OriginProxy proxy;
    private final PoolOptions options;
    private final LongSupplier nanoTime;
    private final AtomicInteger pending = new AtomicInteger();

    // Written under this object's lock; requests read them without.
    private volatile int failures;
    private volatile long restUntil;
    private volatile boolean unhealthy;
    private int sameAnswers;

    PoolMember(Origin origin, OriginProxy proxy, PoolOptions options, LongSupplier nanoTime) {
        this.origin = origin;
        this.proxy = proxy;
        this.options = options;
        this.nanoTime = nanoTime;
        restUntil = nanoTime.getAsLong();
    }

    Origin origin() {
        return origin;
    }

    OriginProxy proxy() {
        return proxy;
    }

    /** Requests under way, WebSockets and TCP streams among them. */
    int pending() {
        return pending.get();
    }

    void begin() {
        pending.incrementAndGet();
    }

    void end() {
        pending.decrementAndGet();
    }

    /** Whether it may have a request: it is not out, or its rest is over and no other request is trying it. */
    boolean isAvailable() {
        return !unhealthy && (failures == 0 || (restUntil - nanoTime.getAsLong() <= 0 && pending.get() == 0));
    }

    /** How bad it would be to choose a member that is out: nanoseconds, more for those that failed a check. */
    long badness() {
        long rest = failures == 0 ? 0 : Math.max(0, restUntil - nanoTime.getAsLong());
        return unhealthy ? rest + options.longestRest().toNanos() : rest;
    }

    /** A request failed here, in a way that is the member's fault. What fails while it rests does not count again. */
    synchronized void failed(String reason) {
        long now = nanoTime.getAsLong();
        if (failures > 0 && restUntil - now > 0) {
            return;
        }
        int count = failures + 1;
        Duration rest = rest(count);
        restUntil = now + rest.toNanos();
        failures = count;
        if (count == 1 && !unhealthy) {
            LOG.warn("Pool member {} is out and rests for {} ms: {}", origin, rest.toMillis(), reason);
        } else {
            LOG.debug("Pool member {} failed again and rests for {} ms: {}", origin, rest.toMillis(), reason);
        }
    }

    private Duration rest(int count) {
        Duration rest = options.firstRest();
        for (int i = 1; i < count && rest.compareTo(options.longestRest()) < 0; i++) {
            rest = rest.multipliedBy(2);
        }
        return rest.compareTo(options.longestRest()) < 0 ? rest : options.longestRest();
    }

    /** A request was answered here. */
    void succeeded() {
        if (failures > 0) {
            comeBack();
        }
    }

    private synchronized void comeBack() {
        if (failures > 0) {
            failures = 0;
            if (!unhealthy) {
                LOG.info("Pool member {} is back: it answered a request.", origin);
            }
        }
    }

    /**
     * The outcome of an active check.
     *
     * @param good whether the answer was as it should be
     * @param reason what came instead, for the log
     */
    synchronized void checked(boolean good, String reason) {
        if (good == !unhealthy) {
            sameAnswers = 0;
            return;
        }
        sameAnswers++;
        if (unhealthy && sameAnswers >= options.healthyAfter()) {
            unhealthy = false;
            sameAnswers = 0;
            failures = 0;
            LOG.info("Pool member {} is back: its health checks are good.", origin);
        } else if (!unhealthy && sameAnswers >= options.unhealthyAfter()) {
            unhealthy = true;
            sameAnswers = 0;
            LOG.warn(
                    "Pool member {} is out: {} health checks in a row failed, the last because {}.",
                    origin,
                    options.unhealthyAfter(),
                    reason);
        }
    }
}
