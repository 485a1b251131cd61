package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.CloseReport.CutRequest;
import dev.adit.tunnel.netty.transport.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Binds the addresses that visitors use and keeps track of their sockets. Safe for use by several threads, none of them an
 * event loop of its own.
 */
public final class PublicListener {

    private final ChannelGroup visitors = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final EventLoops loops;
    private final FrontContext context;

    /**
     * Makes a listener; {@link #bind} opens it.
     *
     * @param loops to run on
     * @param context what visitor connections share
     */
    public PublicListener(EventLoops loops, FrontContext context) {
        this.loops = loops;
        this.context = context;
    }

    /**
     * Opens an address.
     *
     * @param address port 0 for a free one
     * @param fixedTunnel where every request goes, or null to go by host
     * @return completes when it is bound; its channel is the listening socket
     */
    public ChannelFuture bind(InetSocketAddress address, @Nullable UUID fixedTunnel) {
        return new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new FrontInitializer(context, visitors, fixedTunnel))
                .bind(address);
    }

    /**
     * Lets running requests end and closes each connection then; idle ones at once.
     *
     * @return completes when no connection is left
     */
    public Future<Void> drain() {
        forEach(FrontRequestHandler::drain);
        return visitors.newCloseFuture();
    }

    /**
     * Breaks off what still runs.
     *
     * @return what was cut; filled until the future of {@link #drain} completes
     */
    public Queue<CutRequest> cut() {
        Queue<CutRequest> cut = new ConcurrentLinkedQueue<>();
        forEach(handler -> handler.cut(cut::add));
        return cut;
    }

    private void forEach(Consumer<FrontRequestHandler> action) {
        for (Channel visitor : visitors) {
            FrontRequestHandler handler = visitor.pipeline().get(FrontRequestHandler.class);
            if (handler != null) {
                visitor.eventLoop().execute(() -> action.accept(handler));
            }
        }
    }
}
