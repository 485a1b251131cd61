package dev.adit.tunnel.netty.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class TcpKeepAliveTest {

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void theIdleTimeReachesTheSocket() throws Exception {
        withConnected(Duration.ofSeconds(17), channel -> {
            assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
                    .isEqualTo(17);
        });
    }

    @Test
    void zeroSwitchesProbesOff() throws Exception {
        withConnected(
                Duration.ZERO,
                channel -> assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE))
                        .isFalse());
    }

    private static void withConnected(Duration idle, Consumer<Channel> check) throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Bootstrap bootstrap = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInboundHandlerAdapter());
            TcpKeepAlive.set(bootstrap, NioSocketChannel.class, idle);
            check.accept(
                    bootstrap.connect(server.getLocalSocketAddress()).sync().channel());
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
