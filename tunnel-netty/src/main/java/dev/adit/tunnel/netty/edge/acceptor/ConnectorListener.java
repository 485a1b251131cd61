package dev.adit.tunnel.netty.edge.acceptor;

import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.registry.TunnelStore;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Binds the address that connectors dial and keeps track of their sockets. Safe for use by several threads. */
public final class ConnectorListener {

    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final ServerBootstrap bootstrap;

    /**
     * Makes a listener; {@link #bind} opens it.
     *
     * @param loops to run on
     * @param tls what connectors see
     * @param store the tunnels they may serve
     * @param registry where admitted connections go
     * @param loginTimeout until when, from its connect, a connector must have registered
     */
    public ConnectorListener(
            EventLoops loops, SslContext tls, TunnelStore store, TunnelRegistry registry, Duration loginTimeout) {
        AcceptorInitializer initializer =
                new AcceptorInitializer(tls, connections, store, registry, ReceiveBudget.forThisJvm(), loginTimeout);
        bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(initializer);
    }

    /**
     * Opens the listener.
     *
     * @param address port 0 for a free one
     * @return completes when it is bound; its channel is the listening socket
     */
    public ChannelFuture bind(InetSocketAddress address) {
        return bootstrap.bind(address);
    }

    /**
     * Closes all connections; running streams are cut.
     *
     * @return completes when they are closed
     */
    public Future<Void> closeConnections() {
        return connections.close();
    }

    /**
     * Counts the sockets, registered or not.
     *
     * @return zero or more
     */
    int size() {
        return (int) connections.stream().filter(Channel::isActive).count();
    }
}
