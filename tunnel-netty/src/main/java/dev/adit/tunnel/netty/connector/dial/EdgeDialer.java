package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.TcpKeepAlive;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens one encrypted connection to one address of the edge. Safe for use by several event loops. */
public final class EdgeDialer {

    /** As the reference connector has it: cloudflared 2026.8.2 leaves Go's default. */
    private static final Duration IDLE_BEFORE_PROBES = Duration.ofSeconds(15);

    /** When a silent address is left for the next one, if there is one that has not failed lately. */
    private static final Duration NEXT_TRIED_WITHIN = Duration.ofSeconds(5);

    private final Class<? extends SocketChannel> channelType;
    private final EdgeTls tls;
    private final WayOut wayOut;
    private final Duration connectTimeout;

    /**
     * Makes a dialer.
     *
     * @param channelType fits the event loops that will be given
     * @param tls whom to trust
     * @param wayOut straight, or through a proxy
     * @param connectTimeout limit for TCP
     */
    public EdgeDialer(Class<? extends SocketChannel> channelType, EdgeTls tls, WayOut wayOut, Duration connectTimeout) {
        this.channelType = channelType;
        this.tls = tls;
        this.wayOut = wayOut;
        this.connectTimeout = connectTimeout;
    }

    /**
     * Dials.
     *
     * @param edge where to
     * @param loop where the connection will live
     * @param encrypted called on the loop, before any byte of the edge is read, to fill the pipeline behind TLS
     * @return completes on the loop when TLS is up; exceptionally with a {@link TunnelException} that says what failed
     */
    public CompletableFuture<Channel> dial(EdgeAddresses.Choice edge, EventLoop loop, Consumer<Channel> encrypted) {
        CompletableFuture<Channel> dialled = new CompletableFuture<>();
        InetSocketAddress address = edge.address();
        Duration limit = edge.hasAlternative() && NEXT_TRIED_WITHIN.compareTo(connectTimeout) < 0
                ? NEXT_TRIED_WITHIN
                : connectTimeout;
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(limit.toMillis(), Integer.MAX_VALUE));
        TcpKeepAlive.set(bootstrap, channelType, IDLE_BEFORE_PROBES);
        ChannelInitializer<Channel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(tls.newHandler(channel.alloc(), address.getPort()))
                        .addLast(new WhenEncrypted(address, wayOut, encrypted, dialled));
            }
        };
        wayOut.connect(bootstrap, initializer, address, limit).whenComplete((channel, failure) -> {
            if (failure != null) {
                dialled.completeExceptionally(
                        failure instanceof TunnelException ? failure : notConnected(address, limit, failure));
            }
        });
        return dialled;
    }

    private static TunnelException notConnected(InetSocketAddress address, Duration limit, @Nullable Throwable cause) {
        String fact = cause instanceof ConnectTimeoutException
                ? "did not answer within " + limit.toSeconds() + " s"
                : "cannot be connected to: " + reason(cause);
        return new TunnelException(
                "The edge " + named(address) + " " + fact
                        + ". Check that it runs and that a firewall lets TCP to this port out.",
                cause);
    }

    private static String named(InetSocketAddress address) {
        String host = address.getHostString();
        String ip = address.getAddress() == null ? host : address.getAddress().getHostAddress();
        return host + ":" + address.getPort() + (ip.equals(host) ? "" : " (" + ip + ")");
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "unknown";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** Waits for the end of the TLS handshake, fills the pipeline and goes. */
    private static final class WhenEncrypted extends ChannelInboundHandlerAdapter {

        private final InetSocketAddress address;
        private final WayOut wayOut;
        private final Consumer<Channel> encrypted;
        private final CompletableFuture<Channel> dialled;

        WhenEncrypted(
                InetSocketAddress address,
                WayOut wayOut,
                Consumer<Channel> encrypted,
                CompletableFuture<Channel> dialled) {
            this.address = address;
            this.wayOut = wayOut;
            this.encrypted = encrypted;
            this.dialled = dialled;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
                ctx.fireUserEventTriggered(event);
            } else if (handshake.isSuccess()) {
                ctx.pipeline().remove(this);
                encrypted.accept(ctx.channel());
                dialled.complete(ctx.channel());
            } else {
                ctx.close();
                dialled.completeExceptionally(notEncrypted(handshake.cause()));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
            dialled.completeExceptionally(notEncrypted(cause));
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            dialled.completeExceptionally(notEncrypted(new SSLException("it closed the connection")));
        }

        private TunnelException notEncrypted(Throwable cause) {
            String refusal = wayOut.refusal(cause);
            if (refusal != null) {
                return new TunnelException(refusal, cause);
            }
            if (cause instanceof NotSslRecordException || cause.getCause() instanceof NotSslRecordException) {
                // Its message repeats what the other side sent, so it is left out.
                return new TunnelException("The edge " + named(address)
                        + " does not speak TLS on this port. Give the address where it takes connectors.");
            }
            Throwable root = cause;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            if (cause instanceof ClosedChannelException) {
                return new TunnelException(
                        "The edge " + named(address) + " closed the connection during the TLS handshake."
                                + " Is this where it takes connectors, and does it run?",
                        cause);
            }
            String fact = cause instanceof SslHandshakeTimeoutException
                    ? "did not complete the TLS handshake in time"
                    : "could not prove to be " + EdgeTls.SERVER_NAME + " by TLS: " + reason(root);
            return new TunnelException(
                    "The edge " + named(address) + " " + fact
                            + ". If it is an edge of your own, give its authority (edgeTrust or TUNNEL_CACERT).",
                    cause);
        }
    }
}
