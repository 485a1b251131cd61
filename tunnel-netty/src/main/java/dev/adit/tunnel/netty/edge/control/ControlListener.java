package dev.adit.tunnel.netty.edge.control;

import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.netty.transport.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Binds the control address and keeps track of its sockets. Safe for use by several threads. */
public final class ControlListener {

    /** Octets of a request's body; the only call there is has none. */
    private static final int MAX_BODY = 16 * 1024;

    private static final int IDLE_SECONDS = 30;
    private static final int MAX_WAITING = 100;

    private final ChannelGroup callers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final EventLoops loops;
    private final Supplier<QuickTunnel> quickTunnels;
    /** One thread, there only while tunnels are asked for. */
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_WAITING),
            new DefaultThreadFactory("adit-edge-control", true),
            new ThreadPoolExecutor.DiscardPolicy());

    /**
     * Makes a listener; {@link #bind} opens it.
     *
     * @param loops to run on
     * @param quickTunnels makes a tunnel; throws IllegalStateException if the edge offers none
     */
    public ControlListener(EventLoops loops, Supplier<QuickTunnel> quickTunnels) {
        this.loops = loops;
        this.quickTunnels = quickTunnels;
    }

    /**
     * Opens the listener.
     *
     * @param address port 0 for a free one
     * @return completes when it is bound; its channel is the listening socket
     */
    public ChannelFuture bind(InetSocketAddress address) {
        return new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        callers.add(caller);
                        caller.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(MAX_BODY))
                                .addLast(new ControlHandler(quickTunnels, worker));
                    }
                })
                .bind(address);
    }

    /**
     * Closes all connections.
     *
     * @return completes when they are closed
     */
    public Future<Void> closeConnections() {
        worker.shutdownNow();
        return callers.close();
    }
}
