package dev.adit.tunnel.netty.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Sockets that are files. Every transport has them; NIO since JDK 16. */
public final class UnixSockets {

    private UnixSockets() {}

    /**
     * Begins to connect to a socket file.
     *
     * @param bootstrap without a channel class; changed
     * @param tcp the class of TCP sockets on the same event loops, which names the transport
     * @param file of the default file system
     * @return the attempt
     */
    public static ChannelFuture connect(Bootstrap bootstrap, Class<? extends SocketChannel> tcp, Path file) {
        // The native classes are named in lambdas of their own, which are linked only where that transport is there.
        Supplier<ChannelFuture> attempt =
                switch (tcp.getSimpleName()) {
                    case "EpollSocketChannel" ->
                        () -> bootstrap.channel(EpollDomainSocketChannel.class).connect(NativeAddress.of(file));
                    case "IoUringSocketChannel" ->
                        () -> bootstrap
                                .channel(IoUringDomainSocketChannel.class)
                                .connect(NativeAddress.of(file));
                    case "KQueueSocketChannel" ->
                        () -> bootstrap.channel(KQueueDomainSocketChannel.class).connect(NativeAddress.of(file));
                    default ->
                        () -> bootstrap.channel(NioDomainSocketChannel.class).connect(UnixDomainSocketAddress.of(file));
                };
        return attempt.get();
    }

    /** A class of its own: the JVM asks for the native address's class already when it verifies code that hands one on. */
    private static final class NativeAddress {

        static SocketAddress of(Path file) {
            return new DomainSocketAddress(file.toString());
        }
    }
}
