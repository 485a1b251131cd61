package dev.adit.tunnel.netty.connector.event;

import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of one tunnel and the thread that calls them: a daemon, started with the first event and ended when there
 * is nothing to tell for a while. Safe for use by several threads.
 */
public final class TunnelEvents {

    private static final Logger LOG = LoggerFactory.getLogger(TunnelEvents.class);

    /** So many events may wait; beyond that requests are no longer told, everything else still is. */
    private static final int MAX_WAITING = 10_000;

    private static final long IDLE_SECONDS = 5;
    private static final long CLOSE_SECONDS = 2;

    private final List<TunnelListener> listeners;
    private final @Nullable EventTap tap;
    private final ThreadPoolExecutor thread;
    private final AtomicLong dropped = new AtomicLong();

    /**
     * Makes the delivery of one tunnel.
     *
     * @param listeners told from the start
     * @param tap counts what happens; null for nobody
     */
    public TunnelEvents(List<TunnelListener> listeners, @Nullable EventTap tap) {
        this.listeners = new CopyOnWriteArrayList<>(listeners);
        this.tap = tap;
        this.thread =
                new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread daemon = new Thread(task, "adit-events");
                    daemon.setDaemon(true);
                    return daemon;
                });
        thread.allowCoreThreadTimeOut(true);
        thread.setRejectedExecutionHandler((task, executor) -> {});
    }

    /**
     * Adds a listener.
     *
     * @param listener told from now on
     */
    public void add(TunnelListener listener) {
        listeners.add(listener);
    }

    /**
     * Removes a listener.
     *
     * @param listener told no more
     */
    public void remove(TunnelListener listener) {
        listeners.remove(listener);
    }

    /**
     * Tells whether it is worth making an event.
     *
     * @return whether somebody listens or counts
     */
    public boolean hasListeners() {
        return tap != null || !listeners.isEmpty();
    }

    /** A request has come and has a rule. */
    public void requestBegan() {
        if (tap != null) {
            tap.requestBegan();
        }
    }

    /**
     * A registration was refused, or not answered.
     *
     * @param reason why, for people
     */
    public void registrationFailed(String reason) {
        if (tap != null) {
            tap.registrationFailed(reason);
        }
    }

    /**
     * The edge was told the rules in force.
     *
     * @param taken whether it took note of them
     */
    public void configurationReported(boolean taken) {
        if (tap != null) {
            tap.configurationReported(taken);
        }
    }

    /**
     * Delivers an event later, behind those published before. Never blocks.
     *
     * @param event what happened
     */
    public void publish(TunnelEvent event) {
        if (tap != null) {
            tap.happened(event);
        }
        if (listeners.isEmpty()) {
            return;
        }
        if (event instanceof TunnelEvent.RequestCompleted && thread.getQueue().size() >= MAX_WAITING) {
            if (dropped.getAndIncrement() == 0) {
                LOG.warn(
                        "A listener is slow: {} events wait, so completed requests are not told until it has caught up.",
                        MAX_WAITING);
            }
            return;
        }
        thread.execute(() -> tell(event));
    }

    /** Delivers what waits, for up to 2 s, then ends the thread. Called from a listener it does not wait. */
    public void close() {
        thread.shutdown();
        if (Thread.currentThread().getName().equals("adit-events")) {
            return;
        }
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                thread.shutdownNow();
                LOG.warn("A listener has not returned within {} s of the tunnel's end.", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void tell(TunnelEvent event) {
        long missed = dropped.getAndSet(0);
        if (missed > 0) {
            LOG.warn("{} completed requests were not told to listeners.", missed);
        }
        for (TunnelListener listener : listeners) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException e) {
                LOG.warn(
                        "A listener failed on {}; it stays registered.",
                        event.getClass().getSimpleName(),
                        e);
            }
        }
    }
}
