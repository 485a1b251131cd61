package dev.adit.tunnel.netty.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Socket files where the optional native transports are missing, as they are for most applications. */
class UnixSocketsTest {

    @TempDir
    Path directory;

    /** Loads our own classes anew and has no native transport. */
    private static final class WithoutNatives extends ClassLoader {

        WithoutNatives() {
            super(UnixSockets.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.matches("io\\.netty\\.channel\\.(unix|epoll|kqueue|uring)\\..*")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith(UnixSockets.class.getName())) {
                return super.loadClass(name, resolve);
            }
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void areOpenedWithoutTheNativeTransports() throws Exception {
        Path file = directory.resolve("s");
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(file));
            Class<?> without = new WithoutNatives().loadClass(UnixSockets.class.getName());
            assertThat(without).isNotEqualTo(UnixSockets.class);
            Bootstrap bootstrap = new Bootstrap().group(loops).handler(new ChannelInboundHandlerAdapter());
            ChannelFuture attempt =
                    (ChannelFuture) without.getMethod("connect", Bootstrap.class, Class.class, Path.class)
                            .invoke(null, bootstrap, NioSocketChannel.class, file);
            assertThat(attempt.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(attempt.cause()).isNull();
            attempt.channel().close().sync();
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }
}
