package dev.adit.tunnel.netty.origin;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one proxy on one event loop, the last used first. Each belongs to one server name: a
 * connection that was verified for one name never carries requests for another. Used on its event loop only, but for
 * {@link #closeSoon}.
 */
final class OriginPool {

    private final HttpOriginProxy proxy;
    private final EventLoop loop;
    private final Deque<OriginConnection> idle = new ArrayDeque<>();
    private boolean sweeping;

    OriginPool(HttpOriginProxy proxy, EventLoop loop) {
        this.proxy = proxy;
        this.loop = loop;
    }

    EventLoop loop() {
        return loop;
    }

    /** Takes out an idle connection, null if there is none for this name. */
    @Nullable
    OriginConnection take(String serverName) {
        for (Iterator<OriginConnection> all = idle.iterator(); all.hasNext(); ) {
            OriginConnection connection = all.next();
            if (connection.serverName().equals(serverName)) {
                all.remove();
                proxy.idle().decrementAndGet();
                if (connection.isOpen()) {
                    return connection;
                }
            }
        }
        return null;
    }

    /** Keeps a connection whose request is over, or closes it if there are enough. */
    void offer(OriginConnection connection) {
        if (proxy.isClosed() || !connection.isOpen()) {
            connection.close();
            return;
        }
        if (proxy.idle().incrementAndGet() > proxy.options().keepAliveConnections()) {
            proxy.idle().decrementAndGet();
            connection.close();
            return;
        }
        connection.becomeIdle(System.nanoTime());
        idle.addFirst(connection);
        if (!sweeping) {
            sweepIn(proxy.options().keepAliveTimeout().toNanos());
        }
    }

    /** Forgets a connection that the origin closed or spoiled while it was idle. */
    void remove(OriginConnection connection) {
        if (idle.remove(connection)) {
            proxy.idle().decrementAndGet();
        }
    }

    private void sweepIn(long nanos) {
        sweeping = true;
        var unused = loop.schedule(this::sweep, nanos, TimeUnit.NANOSECONDS);
    }

    private void sweep() {
        sweeping = false;
        long limit = proxy.options().keepAliveTimeout().toNanos();
        long now = System.nanoTime();
        @Nullable OriginConnection oldest = idle.peekLast();
        while (oldest != null) {
            long left = limit - (now - oldest.idleSince());
            if (left > 0) {
                sweepIn(left);
                return;
            }
            remove(oldest);
            oldest.close();
            oldest = idle.peekLast();
        }
    }

    /** Closes what is idle, on the event loop. Any thread. */
    void closeSoon() {
        try {
            loop.execute(this::closeIdle);
        } catch (RejectedExecutionException e) {
            // The loop is shut down, which closed every connection on it.
        }
    }

    private void closeIdle() {
        @Nullable OriginConnection connection = idle.peekFirst();
        while (connection != null) {
            remove(connection);
            connection.close();
            connection = idle.peekFirst();
        }
    }
}
