package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.netty.transport.TcpKeepAlive;
import dev.adit.tunnel.netty.wire.LogText;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a WebSocket: resolves the name, tries its addresses one after the other, proves the host by TLS and
 * asks for the upgrade. Used on its event loop only.
 */
final class WebSocketDial {

    private static final Duration IDLE_BEFORE_PROBES = Duration.ofSeconds(30);

    /** Told once, on the event loop. */
    interface Outcome {
        /** The WebSocket is open; nothing is read from it before {@link WebSocketLink#start}. */
        void opened(WebSocketLink link);

        /** There is none. */
        void failed(TunnelException reason);
    }

    private final AccessTarget target;
    private final NameResolver resolver;
    private final Class<? extends SocketChannel> channelType;
    private final EventLoop loop;
    private final Outcome outcome;
    private List<InetAddress> addresses = List.of();
    private boolean over;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> deadline;

    WebSocketDial(
            AccessTarget target,
            NameResolver resolver,
            Class<? extends SocketChannel> channelType,
            EventLoop loop,
            Outcome outcome) {
        this.target = target;
        this.resolver = resolver;
        this.channelType = channelType;
        this.loop = loop;
        this.outcome = outcome;
    }

    void start() {
        deadline = loop.schedule(this::timedOut, target.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        InetSocketAddress to = target.dial();
        if (to.getAddress() != null) {
            addresses = List.of(to.getAddress());
            connect(0);
            return;
        }
        var unused = resolver.resolve(to.getHostString(), loop).addListener((Future<List<InetAddress>> resolved) -> {
            if (over) {
                return;
            }
            if (resolved.isSuccess()) {
                addresses = resolved.getNow();
                connect(0);
            } else {
                fail(new TunnelException(
                        "The name " + to.getHostString() + " has no address. Check it, and the name service.",
                        resolved.cause()));
            }
        });
    }

    /** Gives up; the outcome is not told. */
    void cancel() {
        over = true;
        stopTimer();
        if (channel != null) {
            channel.close();
        }
    }

    private void connect(int index) {
        long share = Math.max(1, target.connectTimeout().toMillis() / addresses.size());
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(share, Integer.MAX_VALUE))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel opening) {
                        fill(opening);
                    }
                });
        TcpKeepAlive.set(bootstrap, channelType, IDLE_BEFORE_PROBES);
        InetSocketAddress address =
                new InetSocketAddress(addresses.get(index), target.dial().getPort());
        ChannelFuture attempt = bootstrap.connect(address);
        channel = attempt.channel();
        var unused = attempt.addListener(connected -> {
            if (over || connected.isSuccess()) {
                return;
            }
            if (index + 1 < addresses.size()) {
                connect(index + 1);
            } else {
                fail(new TunnelException(
                        target + " cannot be connected to at "
                                + address.getAddress().getHostAddress() + ":"
                                + address.getPort() + ": " + reason(connected.cause())
                                + ". Check the address, and that a firewall lets TCP to this port out.",
                        connected.cause()));
            }
        });
    }

    private void fill(Channel opening) {
        if (target.tls() != null) {
            SslHandler tls = target.tls().newHandler(opening.alloc(), target.host(), target.port());
            tls.setHandshakeTimeout(target.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
            opening.pipeline().addLast(tls);
        }
        HttpClientCodec http = new HttpClientCodec();
        opening.pipeline().addLast(http).addLast(new UpgradeRequest(target, http, this));
    }

    /** The host agreed; takes over the channel. */
    void agreed(WebSocketLink link) {
        if (!over) {
            over = true;
            stopTimer();
            outcome.opened(link);
        }
    }

    void fail(TunnelException reason) {
        if (!over) {
            cancel();
            outcome.failed(reason);
        }
    }

    private void timedOut() {
        fail(new TunnelException(target + " did not open a WebSocket within "
                + target.connectTimeout().toMillis() + " ms. Check the host, and the service behind it."));
    }

    private void stopTimer() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    static String reason(@Nullable Throwable cause) {
        Throwable root = cause;
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        if (root == null) {
            return "unknown";
        }
        return LogText.safe(
                root.getMessage() == null ? root.getClass().getSimpleName() : String.valueOf(root.getMessage()));
    }
}
