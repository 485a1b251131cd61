package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.netty.transport.TcpKeepAlive;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Opens connections to one origin: name, addresses, TCP, TLS. Safe for use by several threads. */
final class OriginDialer {

    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    /** Takes the outcome of a {@link Dial}, on its event loop, once, unless it was cancelled. */
    interface Outcome {
        void connected(OriginConnection connection);

        void failed(OriginException failure);
    }

    private final OriginAddress address;
    private final OriginOptions options;
    private final OriginResources resources;
    private final @Nullable OriginTls tls;

    OriginDialer(OriginAddress address, OriginOptions options, OriginResources resources) {
        this.address = address;
        this.options = options;
        this.resources = resources;
        tls = address.tls() ? new OriginTls(address, options) : null;
    }

    OriginAddress address() {
        return address;
    }

    OriginOptions options() {
        return options;
    }

    NameResolver resolver() {
        return resources.resolver();
    }

    /** The name that TLS asks for and verifies; connections are pooled by it. */
    String serverName(String host) {
        if (options.matchSniToHost()) {
            String name = withoutPort(host);
            if (!name.isEmpty()) {
                return name;
            }
        }
        @Nullable String name = options.originServerName();
        return name == null || name.isEmpty() ? address.host() : name;
    }

    private static String withoutPort(String host) {
        int bracket = host.indexOf(']');
        if (host.startsWith("[") && bracket > 0) {
            return host.substring(1, bracket);
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    /** Begins to connect to one address; the channel reads nothing yet. */
    ChannelFuture open(EventLoop loop, InetAddress to) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(resources.channel())
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .handler(new ChannelInboundHandlerAdapter());
        TcpKeepAlive.set(bootstrap, resources.channel(), options.tcpKeepAlive());
        return bootstrap.connect(new InetSocketAddress(to, address.port()));
    }

    /** Puts TLS, the codec and the connection on a channel that is connected, and tells when it can be used. */
    void secure(Channel channel, OriginPool pool, String serverName, Outcome outcome) {
        OriginConnection connection = new OriginConnection(channel, pool, serverName);
        if (tls == null) {
            connection.install();
            channel.config().setAutoRead(true);
            outcome.connected(connection);
            return;
        }
        SslHandler handler = tls.newHandler(channel.alloc(), serverName);
        channel.pipeline().addLast(handler);
        connection.install();
        var unused = handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                outcome.connected(connection);
            } else {
                channel.close();
                outcome.failed(tlsFailure(serverName, done.cause()));
            }
        });
        channel.config().setAutoRead(true);
    }

    private OriginException tlsFailure(String serverName, Throwable cause) {
        if (cause instanceof SslHandshakeTimeoutException) {
            return new OriginException(
                    OriginFailure.TLS_TIMED_OUT,
                    "Origin " + address + " did not complete the TLS handshake within "
                            + options.tlsTimeout().toMillis() + " ms. Check that it speaks TLS on this port.",
                    cause);
        }
        if (cause instanceof NotSslRecordException) {
            // Its message repeats what the origin sent, so it is left out.
            return new OriginException(
                    OriginFailure.TLS_FAILED,
                    "Origin " + address
                            + " does not speak TLS on this port. Correct the rule's port, or use Origin.http.",
                    null);
        }
        return new OriginException(
                OriginFailure.TLS_FAILED,
                "Origin " + address + " failed the TLS handshake for the name '" + serverName + "': " + rootText(cause)
                        + ". Correct its certificate, or the rule's originServerName or caPool.",
                cause);
    }

    private static String rootText(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; depth < 8; depth++) {
            @Nullable Throwable cause = root.getCause();
            if (cause == null) {
                break;
            }
            root = cause;
        }
        return OriginException.text(root);
    }
}
