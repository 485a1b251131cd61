package dev.adit.tunnel.netty.pair;

import static org.assertj.core.api.Assertions.fail;

import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** Remembers events and lets a test wait for one. */
public final class EventLog implements TunnelListener {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final List<TunnelEvent> events = new ArrayList<>();

    @Override
    public void onEvent(TunnelEvent event) {
        lock.lock();
        try {
            events.add(event);
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    public List<TunnelEvent> all() {
        lock.lock();
        try {
            return List.copyOf(events);
        } finally {
            lock.unlock();
        }
    }

    public <E extends TunnelEvent> List<E> all(Class<E> kind) {
        return all().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** Waits until so many events of a kind have come, and returns the last of them. */
    public <E extends TunnelEvent> E await(Class<E> kind, int count) throws InterruptedException {
        await(seen -> seen.stream().filter(kind::isInstance).count() >= count, count + " " + kind.getSimpleName());
        return all(kind).get(count - 1);
    }

    /** Waits until the tunnel's latest change was to a state. */
    public void awaitState(TunnelState state) throws InterruptedException {
        await(
                seen -> seen.stream()
                        .filter(TunnelEvent.StateChanged.class::isInstance)
                        .map(TunnelEvent.StateChanged.class::cast)
                        .reduce((earlier, later) -> later)
                        .filter(last -> last.to() == state)
                        .isPresent(),
                "change to " + state);
    }

    /** Waits until as many events as wanted match. */
    public <E extends TunnelEvent> List<E> await(Class<E> kind, Predicate<E> which, int count)
            throws InterruptedException {
        await(seen -> matching(seen, kind, which).size() >= count, count + " such " + kind.getSimpleName());
        return matching(all(), kind, which);
    }

    private static <E extends TunnelEvent> List<E> matching(
            List<TunnelEvent> events, Class<E> kind, Predicate<E> which) {
        return events.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .filter(which)
                .toList();
    }

    private void await(Predicate<List<TunnelEvent>> condition, String what) throws InterruptedException {
        long left = PATIENCE.toNanos();
        lock.lock();
        try {
            while (!condition.test(events)) {
                if (left <= 0) {
                    fail("No " + what + " within " + PATIENCE + "; there came " + events);
                }
                left = more.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }
}
