package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.EdgeProxy;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.spi.EdgeLink;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The way from here to the edge: straight, or through a proxy. Safe for use by several threads. */
public final class WayOut {

    private final @Nullable EdgeProxy proxy;
    private final @Nullable NoProxy exceptions;
    private final NameResolver resolver;

    private WayOut(@Nullable EdgeProxy proxy, @Nullable NoProxy exceptions, NameResolver resolver) {
        this.proxy = proxy;
        this.exceptions = exceptions;
        this.resolver = resolver;
    }

    /**
     * Reads the way from a client's settings.
     *
     * @param link the settings
     * @param resolver finds the proxy
     * @return the way
     */
    public static WayOut of(EdgeLink link, NameResolver resolver) {
        List<String> noProxy = link.noProxy();
        return new WayOut(link.proxy(), noProxy == null ? null : new NoProxy(noProxy), resolver);
    }

    /**
     * The straight way.
     *
     * @param resolver not asked
     * @return the way without a proxy
     */
    public static WayOut straight(NameResolver resolver) {
        return new WayOut(null, null, resolver);
    }

    /** Tells whether a host is reached through the proxy, which then resolves its name. */
    boolean isProxied(InetSocketAddress target) {
        return proxy != null && (exceptions == null || !exceptions.matches(target.getHostString(), target.getPort()));
    }

    /**
     * Connects; what the initializer adds speaks with the target, whatever is between.
     *
     * @return completes on the loop when TCP is up, to the target or to the proxy; what the proxy says then comes as an
     *     exception through the pipeline
     */
    CompletableFuture<Channel> connect(
            Bootstrap base, ChannelInitializer<Channel> initializer, InetSocketAddress target, Duration limit) {
        CompletableFuture<Channel> connected = new CompletableFuture<>();
        if (proxy == null || !isProxied(target)) {
            complete(base.clone().handler(initializer).connect(target), connected);
            return connected;
        }
        EventLoop loop = (EventLoop) base.config().group();
        resolver.resolve(proxy.host(), loop).addListener((Future<List<InetAddress>> found) -> {
            if (found.isSuccess()) {
                connect(new Attempt(base, initializer, target, limit, proxy, found.getNow(), connected), 0);
            } else {
                connected.completeExceptionally(new TunnelException(
                        "The proxy " + proxy + " has no address: "
                                + found.cause().getMessage() + ". Check proxy(...) or HTTPS_PROXY.",
                        found.cause()));
            }
        });
        return connected;
    }

    private record Attempt(
            Bootstrap base,
            ChannelInitializer<Channel> initializer,
            InetSocketAddress target,
            Duration limit,
            EdgeProxy proxy,
            List<InetAddress> addresses,
            CompletableFuture<Channel> connected) {}

    private static void connect(Attempt attempt, int index) {
        InetSocketAddress address = new InetSocketAddress(
                attempt.addresses().get(index), attempt.proxy().port());
        attempt.base()
                .clone()
                .resolver(NoopAddressResolverGroup.INSTANCE)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ProxyHandler handler = handler(attempt.proxy(), address);
                        handler.setConnectTimeoutMillis(attempt.limit().toMillis());
                        channel.pipeline().addLast(handler).addLast(attempt.initializer());
                    }
                })
                .connect(attempt.target())
                .addListener((ChannelFuture done) -> {
                    if (done.isSuccess()) {
                        attempt.connected().complete(done.channel());
                    } else if (index + 1 < attempt.addresses().size()) {
                        connect(attempt, index + 1);
                    } else {
                        attempt.connected()
                                .completeExceptionally(new TunnelException(
                                        "The proxy " + attempt.proxy() + " cannot be connected to: "
                                                + done.cause().getMessage()
                                                + ". Check that it runs, and proxy(...) or HTTPS_PROXY.",
                                        done.cause()));
                    }
                });
    }

    private static void complete(ChannelFuture connecting, CompletableFuture<Channel> connected) {
        connecting.addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                connected.complete(done.channel());
            } else {
                connected.completeExceptionally(done.cause());
            }
        });
    }

    private static ProxyHandler handler(EdgeProxy proxy, InetSocketAddress address) {
        String user = proxy.user().orElse(null);
        return switch (proxy.kind()) {
            case HTTP ->
                user == null ? new HttpProxyHandler(address) : new HttpProxyHandler(address, user, proxy.password());
            case SOCKS5 ->
                user == null
                        ? new Socks5ProxyHandler(address)
                        : new Socks5ProxyHandler(address, user, proxy.password());
        };
    }

    /** Finds in a failure of a connection what the proxy said, for people; null if it was not the proxy. */
    @Nullable
    String refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProxyConnectException) {
                String said = String.valueOf(cause.getMessage());
                String credentials = said.contains("407") || said.contains("authStatus") || said.contains("authMethod")
                        ? "Check its credentials."
                        : "Check that it lets TCP to this port out.";
                return "The proxy " + proxy + " did not open the way: " + said + ". " + credentials;
            }
        }
        return null;
    }
}
