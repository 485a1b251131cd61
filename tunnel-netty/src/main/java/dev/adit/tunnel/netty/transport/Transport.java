package dev.adit.tunnel.netty.transport;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One way of reaching the kernel. The native ones are optional: each is named in a lambda of its own, which the JVM links
 * only when it runs, and a jar that is missing shows as a {@link LinkageError} there.
 *
 * @param handlerType what tells a group of this transport from others
 * @param handlers makes the event loops' inner part
 * @param serverChannel listening sockets
 * @param channel dialling sockets
 */
record Transport(
        Class<? extends IoHandler> handlerType,
        IoHandlerFactory handlers,
        Class<? extends ServerSocketChannel> serverChannel,
        Class<? extends SocketChannel> channel) {

    private static final Logger LOG = LoggerFactory.getLogger(Transport.class);

    /** The best one that works here. */
    static Transport best() {
        return all().get(0);
    }

    /** All that work here, best first; NIO is always among them. */
    static List<Transport> all() {
        List<Transport> found = new ArrayList<>();
        addIfThere(found, "io_uring", Transport::ioUring);
        addIfThere(found, "epoll", Transport::epoll);
        addIfThere(found, "kqueue", Transport::kqueue);
        found.add(new Transport(
                NioIoHandler.class, NioIoHandler.newFactory(), NioServerSocketChannel.class, NioSocketChannel.class));
        return found;
    }

    private static void addIfThere(List<Transport> found, String name, Supplier<List<Transport>> transport) {
        try {
            found.addAll(transport.get());
        } catch (LinkageError e) {
            LOG.trace("No {} transport: its classes are not there.", name, e);
        }
    }

    private static List<Transport> ioUring() {
        return IoUring.isAvailable()
                ? List.of(new Transport(
                        IoUringIoHandler.class,
                        IoUringIoHandler.newFactory(),
                        IoUringServerSocketChannel.class,
                        IoUringSocketChannel.class))
                : List.of();
    }

    private static List<Transport> epoll() {
        return Epoll.isAvailable()
                ? List.of(new Transport(
                        EpollIoHandler.class,
                        EpollIoHandler.newFactory(),
                        EpollServerSocketChannel.class,
                        EpollSocketChannel.class))
                : List.of();
    }

    private static List<Transport> kqueue() {
        return KQueue.isAvailable()
                ? List.of(new Transport(
                        KQueueIoHandler.class,
                        KQueueIoHandler.newFactory(),
                        KQueueServerSocketChannel.class,
                        KQueueSocketChannel.class))
                : List.of();
    }
}
