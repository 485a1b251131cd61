package dev.adit.tunnel.netty.connector.status;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A bound listener with one thread of its own. Safe for use by several threads.
 */
public final class StatusListener implements AutoCloseable {

    /** So many callers at a time; more are closed as they come. */
    static final int MAX_CALLERS = 32;

    /** From an accepted connection to its end. */
    private static final Duration LIFETIME = Duration.ofSeconds(10);

    private static final int MAX_LINE = 2048;
    private static final int MAX_HEADERS = 8192;
    private static final int MAX_CHUNK = 8192;

    private final EventLoops loop;
    private final Channel listening;
    private final ChannelGroup callers;
    private final InetSocketAddress address;

    private StatusListener(EventLoops loop, Channel listening, ChannelGroup callers, InetSocketAddress address) {
        this.loop = loop;
        this.listening = listening;
        this.callers = callers;
        this.address = address;
    }

    /**
     * Opens the listener and waits until it is bound; not for an event loop to call.
     *
     * @param wanted where to listen; port 0 for a free one
     * @param source what to tell
     * @param counts what to tell of what has happened
     * @return the listener; it answers from now on
     * @throws TunnelException if the address cannot be listened on; then nothing is left behind
     */
    public static StatusListener open(InetSocketAddress wanted, StatusSource source, TunnelCounts counts) {
        return open(wanted, source, counts, LIFETIME);
    }

    static StatusListener open(InetSocketAddress wanted, StatusSource source, TunnelCounts counts, Duration lifetime) {
        InetSocketAddress resolved =
                wanted.isUnresolved() ? new InetSocketAddress(wanted.getHostString(), wanted.getPort()) : wanted;
        if (resolved.isUnresolved()) {
            throw new TunnelException("The status listener cannot listen on " + shown(wanted)
                    + ": the name has no address. Give an address of this machine, such as 127.0.0.1.");
        }
        StatusPages pages = new StatusPages(source, counts);
        String name = nameOf(wanted);
        ChannelGroup callers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        EventLoops loop = EventLoops.owned("adit-status", 1);
        ChannelFuture bound = new ServerBootstrap()
                .group(loop.group())
                .channel(loop.serverChannel())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        if (callers.size() >= MAX_CALLERS) {
                            caller.close();
                            return;
                        }
                        callers.add(caller);
                        caller.pipeline()
                                .addLast(new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK))
                                .addLast(new StatusHandler(pages, name, lifetime));
                    }
                })
                .bind(resolved)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loop.close();
            throw new TunnelException(
                    "The status listener cannot listen on " + shown(wanted) + ": "
                            + bound.cause().getMessage()
                            + ". Choose another port, or 0 for a free one.",
                    bound.cause());
        }
        return new StatusListener(loop, bound.channel(), callers, (InetSocketAddress)
                bound.channel().localAddress());
    }

    /** A name that the caller chose is one that requests may use. */
    private static @Nullable String nameOf(InetSocketAddress wanted) {
        String host = wanted.getHostString();
        return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host) ? null : host;
    }

    private static String shown(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    /**
     * Returns where it listens.
     *
     * @return with the port that was chosen
     */
    public InetSocketAddress address() {
        return address;
    }

    /** Closes the listener and its connections and ends its thread, waiting up to 5 s for that. May be called again. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        callers.close().awaitUninterruptibly();
        loop.close();
    }
}
