package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.NameResolver;
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
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Opens one encrypted connection to an edge address. The name is resolved off the event loop at each attempt; its
 * addresses are tried one after the other until one accepts. Safe for use by several event loops.
 */
public final class EdgeDialer {

    /** As the reference connector has it: cloudflared 2026.8.2 leaves Go's default. */
    private static final Duration IDLE_BEFORE_PROBES = Duration.ofSeconds(15);

    private final Class<? extends SocketChannel> channelType;
    private final NameResolver resolver;
    private final EdgeTls tls;
    private final Duration connectTimeout;

    /**
     * Makes a dialer.
     *
     * @param channelType fits the event loops that will be given
     * @param resolver gives a name's addresses
     * @param tls whom to trust
     * @param connectTimeout limit for TCP, for each address
     */
    public EdgeDialer(
            Class<? extends SocketChannel> channelType, NameResolver resolver, EdgeTls tls, Duration connectTimeout) {
        this.channelType = channelType;
        this.resolver = resolver;
        this.tls = tls;
        this.connectTimeout = connectTimeout;
    }

    /**
     * Dials.
     *
     * @param edge host and port, resolved or not
     * @param loop where the connection will live
     * @param encrypted called on the loop, before any byte of the edge is read, to fill the pipeline behind TLS
     * @return completes on the loop when TLS is up; exceptionally with a {@link TunnelException} that says what failed
     */
    public CompletableFuture<Channel> dial(InetSocketAddress edge, EventLoop loop, Consumer<Channel> encrypted) {
        CompletableFuture<Channel> dialled = new CompletableFuture<>();
        addresses(edge, loop).addListener((Future<List<InetAddress>> resolved) -> {
            if (resolved.isSuccess()) {
                connect(new Attempt(edge, resolved.getNow(), loop, encrypted, dialled), 0);
            } else {
                dialled.completeExceptionally(new TunnelException(
                        "The edge's name " + edge.getHostString() + " has no address: " + reason(resolved.cause())
                                + ". Check the name and the resolver.",
                        resolved.cause()));
            }
        });
        return dialled;
    }

    private Future<List<InetAddress>> addresses(InetSocketAddress edge, EventLoop loop) {
        InetAddress known = edge.getAddress();
        return known == null ? resolver.resolve(edge.getHostString(), loop) : loop.newSucceededFuture(List.of(known));
    }

    private record Attempt(
            InetSocketAddress edge,
            List<InetAddress> addresses,
            EventLoop loop,
            Consumer<Channel> encrypted,
            CompletableFuture<Channel> dialled) {}

    private void connect(Attempt attempt, int index) {
        InetSocketAddress address = new InetSocketAddress(
                attempt.addresses().get(index), attempt.edge().getPort());
        Bootstrap bootstrap = new Bootstrap()
                .group(attempt.loop())
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectTimeout.toMillis())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(tls.newHandler(channel.alloc(), address.getPort()))
                                .addLast(new WhenEncrypted(attempt, address));
                    }
                });
        TcpKeepAlive.set(bootstrap, channelType, IDLE_BEFORE_PROBES);
        bootstrap.connect(address).addListener(connected -> {
            if (connected.isSuccess()) {
                return;
            }
            if (index + 1 < attempt.addresses().size()) {
                connect(attempt, index + 1);
            } else {
                attempt.dialled().completeExceptionally(notConnected(attempt.edge(), address, connected.cause()));
            }
        });
    }

    private TunnelException notConnected(InetSocketAddress edge, InetSocketAddress address, @Nullable Throwable cause) {
        String fact = cause instanceof ConnectTimeoutException
                ? "did not answer within " + connectTimeout.toSeconds() + " s"
                : "cannot be connected to: " + reason(cause);
        return new TunnelException(
                "The edge " + named(edge, address) + " " + fact
                        + ". Check that it runs and that a firewall lets TCP to this port out.",
                cause);
    }

    private static String named(InetSocketAddress edge, InetSocketAddress address) {
        String ip = address.getAddress().getHostAddress();
        return edge.getHostString() + ":" + edge.getPort() + (ip.equals(edge.getHostString()) ? "" : " (" + ip + ")");
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "unknown";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** Waits for the end of the TLS handshake, fills the pipeline and goes. */
    private static final class WhenEncrypted extends ChannelInboundHandlerAdapter {

        private final Attempt attempt;
        private final InetSocketAddress address;

        WhenEncrypted(Attempt attempt, InetSocketAddress address) {
            this.attempt = attempt;
            this.address = address;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
                ctx.fireUserEventTriggered(event);
            } else if (handshake.isSuccess()) {
                ctx.pipeline().remove(this);
                attempt.encrypted().accept(ctx.channel());
                attempt.dialled().complete(ctx.channel());
            } else {
                ctx.close();
                attempt.dialled().completeExceptionally(notEncrypted(handshake.cause()));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
            attempt.dialled().completeExceptionally(notEncrypted(cause));
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            attempt.dialled().completeExceptionally(notEncrypted(new SSLException("it closed the connection")));
        }

        private TunnelException notEncrypted(Throwable cause) {
            if (cause instanceof NotSslRecordException || cause.getCause() instanceof NotSslRecordException) {
                // Its message repeats what the other side sent, so it is left out.
                return new TunnelException("The edge " + named(attempt.edge(), address)
                        + " does not speak TLS on this port. Give the address where it takes connectors.");
            }
            Throwable root = cause;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            String fact = cause instanceof SslHandshakeTimeoutException
                    ? "did not complete the TLS handshake in time"
                    : "could not prove to be " + EdgeTls.SERVER_NAME + " by TLS: " + reason(root);
            return new TunnelException(
                    "The edge " + named(attempt.edge(), address) + " " + fact
                            + ". If it is an edge of your own, give its authority (edgeTrust or TUNNEL_CACERT).",
                    cause);
        }
    }
}
