package dev.adit.tunnel.netty.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringChannelOption;
import java.time.Duration;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * TCP's own probes of an idle connection. How long it must be idle can be set with NIO, epoll and io_uring where the
 * system lets us; elsewhere the system's own time holds.
 */
public final class TcpKeepAlive {

    private static final boolean IDLE_TIME_IN_NIO = isSupportedByTheJdk();

    private TcpKeepAlive() {}

    /**
     * Switches probes on or off for the sockets of a bootstrap.
     *
     * @param bootstrap changed
     * @param channel the class of its sockets
     * @param idle how long a connection is idle before it is probed; zero switches probes off
     */
    public static void set(Bootstrap bootstrap, Class<? extends SocketChannel> channel, Duration idle) {
        bootstrap.option(ChannelOption.SO_KEEPALIVE, !idle.isZero());
        ChannelOption<Integer> option = idle.isZero() ? null : idleOption(channel);
        if (option != null) {
            bootstrap.option(option, (int) Math.max(1, Math.min(idle.toSeconds(), Short.MAX_VALUE)));
        }
    }

    /** The native options are named in lambdas of their own, which are linked only where that transport is there. */
    private static @Nullable ChannelOption<Integer> idleOption(Class<? extends SocketChannel> channel) {
        if (NioSocketChannel.class.isAssignableFrom(channel)) {
            return IDLE_TIME_IN_NIO ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE) : null;
        }
        Supplier<@Nullable ChannelOption<Integer>> option =
                switch (channel.getSimpleName()) {
                    case "EpollSocketChannel" -> () -> EpollChannelOption.TCP_KEEPIDLE;
                    case "IoUringSocketChannel" -> () -> IoUringChannelOption.TCP_KEEPIDLE;
                    default -> () -> null;
                };
        return option.get();
    }

    private static boolean isSupportedByTheJdk() {
        try (java.nio.channels.SocketChannel probe = java.nio.channels.SocketChannel.open()) {
            return probe.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE);
        } catch (java.io.IOException e) {
            return false;
        }
    }
}
