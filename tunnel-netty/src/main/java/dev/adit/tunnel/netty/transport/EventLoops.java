package dev.adit.tunnel.netty.transport;

import dev.adit.tunnel.TunnelException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loops that one client or edge runs on, and the socket classes that fit them. Our own threads are daemons
 * and end with {@link #close}; a borrowed group is left as it is. Safe for use by several threads.
 */
public final class EventLoops implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EventLoops.class);
    private static final long CLOSE_SECONDS = 5;

    private final EventLoopGroup group;
    private final Transport transport;
    private final boolean owned;
    private final List<Thread> threads;

    private EventLoops(EventLoopGroup group, Transport transport, boolean owned, List<Thread> threads) {
        this.group = group;
        this.transport = transport;
        this.owned = owned;
        this.threads = threads;
    }

    /**
     * Makes a group of our own on the best transport that is there: io_uring, epoll or kqueue when the application has
     * them, else NIO.
     *
     * @param threadPrefix how the threads are named
     * @param threads how many, at least 1
     * @return loops to be closed
     */
    public static EventLoops owned(String threadPrefix, int threads) {
        Transport transport = Transport.best();
        List<Thread> started = new CopyOnWriteArrayList<>();
        ThreadFactory daemons = new DefaultThreadFactory(threadPrefix, true);
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                threads,
                task -> {
                    Thread thread = daemons.newThread(task);
                    started.add(thread);
                    return thread;
                },
                transport.handlers());
        return new EventLoops(group, transport, true, started);
    }

    /**
     * Uses the application's group; it is never shut down here.
     *
     * @param executor an {@link EventLoopGroup} on io_uring, epoll, kqueue or NIO
     * @return loops whose {@link #close} does nothing
     * @throws TunnelException if it is something else
     */
    public static EventLoops borrowed(ScheduledExecutorService executor) {
        if (executor instanceof IoEventLoopGroup group) {
            for (Transport transport : Transport.all()) {
                if (group.isIoType(transport.handlerType())) {
                    return new EventLoops(group, transport, false, List.of());
                }
            }
        }
        throw new TunnelException(
                "The given event loops are a "
                        + executor.getClass().getName()
                        + ", which cannot be used. Give a Netty 4.2 EventLoopGroup on NIO, epoll, kqueue or io_uring, or none.");
    }

    /**
     * Returns the group.
     *
     * @return what channels are registered with
     */
    public EventLoopGroup group() {
        return group;
    }

    /**
     * Returns the class of listening sockets that fits the group.
     *
     * @return for a bootstrap
     */
    public Class<? extends ServerSocketChannel> serverChannel() {
        return transport.serverChannel();
    }

    /**
     * Returns the class of dialling sockets that fits the group.
     *
     * @return for a bootstrap
     */
    public Class<? extends SocketChannel> channel() {
        return transport.channel();
    }

    /**
     * Ends our own threads and waits up to 5 s until they are gone; from one of these threads it does not wait. Does
     * nothing to a borrowed group. May be called again.
     */
    @Override
    public void close() {
        if (!owned) {
            return;
        }
        var unused = group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
        for (EventExecutor loop : group) {
            if (loop.inEventLoop()) {
                return;
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (Thread thread : threads) {
                TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadline - System.nanoTime()));
                if (thread.isAlive()) {
                    LOG.warn(
                            "Thread {} has not ended within {} s; it is a daemon and goes with the JVM.",
                            thread.getName(),
                            CLOSE_SECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
