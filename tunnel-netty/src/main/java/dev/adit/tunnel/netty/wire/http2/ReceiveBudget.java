package dev.adit.tunnel.netty.wire.http2;

import io.netty.util.internal.PlatformDependent;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many received body bytes all streams of one tunnel client or edge may hold between arrival and delivery. Up to
 * three quarters of it stream windows grow; beyond that they stop growing; beyond all of it stream credit is withheld
 * until there is room; and a quarter beyond that the slowest stream is reset. Both fall on connections that hold more
 * than an equal share, so that one tunnel's slow visitors are not paid for by the others. Connection credit is never
 * touched. Safe for use by several threads.
 */
public final class ReceiveBudget {

    private static final long DEFAULT_LIMIT = 64L * 1024 * 1024;

    private final long limit;
    private final AtomicLong held = new AtomicLong();
    private final Set<Holder> holders = ConcurrentHashMap.newKeySet();
    private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();

    /**
     * Makes a budget.
     *
     * @param limit in bytes
     */
    public ReceiveBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Makes a budget fit for this JVM: 64 MiB, or a quarter of its direct memory if that is less.
     *
     * @return a new budget
     */
    public static ReceiveBudget forThisJvm() {
        return new ReceiveBudget(Math.min(DEFAULT_LIMIT, PlatformDependent.maxDirectMemory() / 4));
    }

    /** Counts arrived bytes. */
    void hold(int bytes) {
        held.addAndGet(bytes);
    }

    /**
     * Counts bytes that are kept for longer, if there is room for them.
     *
     * @param bytes how many
     * @return whether they count now, and have to be {@link #release released}
     */
    public boolean tryHold(int bytes) {
        if (held.addAndGet(bytes) <= limit) {
            return true;
        }
        release(bytes);
        return false;
    }

    /**
     * Counts delivered bytes, and wakes those who wait for room.
     *
     * @param bytes how many
     */
    public void release(int bytes) {
        long now = held.addAndGet(-bytes);
        if (now <= limit && now + bytes > limit) {
            wakeWaiting();
        }
    }

    boolean allowsGrowth() {
        return held.get() <= limit / 4 * 3;
    }

    boolean isExceeded() {
        return held.get() > limit;
    }

    boolean isFarExceeded() {
        return held.get() > limit + limit / 4;
    }

    /** A connection that draws on the budget. */
    interface Holder {

        /** Bytes that its streams hold; any thread. */
        long held();

        /** Resets its slowest stream; finds its own thread. */
        void shed();
    }

    void join(Holder holder) {
        holders.add(holder);
    }

    void leave(Holder holder) {
        holders.remove(holder);
    }

    /** Whether the budget is exceeded and this connection holds more than an equal share of it. */
    boolean isExceededBy(Holder holder) {
        return isExceeded() && holder.held() > limit / Math.max(1, holders.size());
    }

    /** Has the connection that holds most reset a stream. */
    void shedMost() {
        Holder most = null;
        long mostHeld = 0;
        for (Holder holder : holders) {
            long itsHeld = holder.held();
            if (itsHeld > mostHeld) {
                mostHeld = itsHeld;
                most = holder;
            }
        }
        if (most != null) {
            most.shed();
        }
    }

    /** Runs the action, once, when there is room again; the action finds its own thread. */
    void whenRoom(Runnable action) {
        waiting.add(action);
        if (!isExceeded()) {
            wakeWaiting();
        }
    }

    private void wakeWaiting() {
        List.copyOf(waiting).forEach(action -> {
            if (waiting.remove(action)) {
                action.run();
            }
        });
    }

    /**
     * Returns how many bytes are held now.
     *
     * @return bytes between arrival and delivery
     */
    public long held() {
        return held.get();
    }
}
