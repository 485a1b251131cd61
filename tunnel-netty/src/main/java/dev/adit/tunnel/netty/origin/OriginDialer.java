package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.netty.transport.TcpKeepAlive;
import dev.adit.tunnel.netty.transport.UnixSockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Opens connections to one origin: name, addresses, TCP or a socket file, TLS. Safe for use by several threads. */
public final class OriginDialer {

    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    /** Ends what the handshake's future tells too; the end of the pipeline would log it a second time. */
    private static final ChannelHandler HANDSHAKE_FAILURES = new HandshakeFailures();

    @ChannelHandler.Sharable
    private static final class HandshakeFailures extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // The outcome is told with it.
        }
    }

    /** Takes the outcome of a {@link Dial}, on its event loop, once, unless it was cancelled. */
    public interface Outcome {

        /**
         * A connection can be used; TLS is done where the origin has it. It reads from now on, so install what reads
         * before this returns.
         *
         * @param channel the new owner's; nothing but TLS works on it yet
         */
        void connected(Channel channel);

        /**
         * No address can be reached, or TLS failed.
         *
         * @param failure which, and what to do
         */
        void failed(OriginException failure);
    }

    private final OriginAddress address;
    private final OriginOptions options;
    private final OriginResources resources;
    private final @Nullable OriginTls tls;
    private final UnaryOperator<List<InetAddress>> permitted;

    /**
     * Reads {@link OriginOptions#caPool()} if the origin speaks TLS, so not for an event loop.
     *
     * @param address where the origin listens
     * @param options its rule's
     * @param resources shared with the client's other origins
     */
    public OriginDialer(OriginAddress address, OriginOptions options, OriginResources resources) {
        this(address, options, resources, UnaryOperator.identity());
    }

    /**
     * Reads {@link OriginOptions#caPool()} if the origin speaks TLS, so not for an event loop.
     *
     * @param address where the origin listens
     * @param options its rule's
     * @param resources shared with the client's other origins
     * @param permitted leaves of the name's addresses those that may be dialled; if none is left the dial is refused
     */
    public OriginDialer(
            OriginAddress address,
            OriginOptions options,
            OriginResources resources,
            UnaryOperator<List<InetAddress>> permitted) {
        this.address = address;
        this.options = options;
        this.resources = resources;
        this.permitted = permitted;
        tls = address.tls() ? new OriginTls(address, options) : null;
    }

    /** Of the name's addresses those that may be dialled. */
    List<InetAddress> permitted(List<InetAddress> addresses) {
        return permitted.apply(addresses);
    }

    /**
     * Returns where the origin listens.
     *
     * @return as given
     */
    public OriginAddress address() {
        return address;
    }

    /**
     * Returns how to talk to it.
     *
     * @return as given
     */
    public OriginOptions options() {
        return options;
    }

    NameResolver resolver() {
        return resources.resolver();
    }

    /**
     * Returns the name that TLS asks for and verifies; connections are pooled by it.
     *
     * @param host the {@code Host} that is sent
     * @return a name or an IP literal
     */
    public String serverName(String host) {
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
        Bootstrap bootstrap = bootstrap(loop).channel(resources.channel()).option(ChannelOption.TCP_NODELAY, true);
        TcpKeepAlive.set(bootstrap, resources.channel(), options.tcpKeepAlive());
        return bootstrap.connect(new InetSocketAddress(to, address.port()));
    }

    /** Begins to connect to a socket file; the channel reads nothing yet. */
    ChannelFuture open(EventLoop loop, Path file) {
        return UnixSockets.connect(bootstrap(loop), resources.channel(), file);
    }

    private static Bootstrap bootstrap(EventLoop loop) {
        return new Bootstrap()
                .group(loop)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .handler(new ChannelInboundHandlerAdapter());
    }

    /** Puts TLS on a channel that is connected, if the origin speaks it, and tells when the channel can be used. */
    void secure(Channel channel, String serverName, boolean offerHttp2, Outcome outcome) {
        if (tls == null) {
            channel.config().setAutoRead(true);
            outcome.connected(channel);
            return;
        }
        SslHandler handler = tls.newHandler(channel.alloc(), serverName, offerHttp2);
        channel.pipeline().addLast(handler, HANDSHAKE_FAILURES);
        var unused = handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                channel.pipeline().remove(HANDSHAKE_FAILURES);
                outcome.connected(channel);
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
                            + options.tlsTimeout().toMillis() + " ms. Check that it speaks TLS there.",
                    cause);
        }
        if (cause instanceof NotSslRecordException) {
            // Its message repeats what the origin sent, so it is left out.
            return new OriginException(
                    OriginFailure.TLS_FAILED,
                    "Origin " + address
                            + (address.file() == null
                                    ? " does not speak TLS on this port. Correct the rule's port, or use Origin.http."
                                    : " does not speak TLS on this socket. Use Origin.unix without TLS."),
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
