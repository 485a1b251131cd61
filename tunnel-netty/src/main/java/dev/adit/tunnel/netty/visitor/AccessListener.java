package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.spi.TcpAccessSettings;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A local port that leads to a TCP service. Safe for use by several threads, none of them an event loop of its own. */
public final class AccessListener implements TcpAccess {

    private static final Logger LOG = LoggerFactory.getLogger(AccessListener.class);
    private static final int THREADS = 2;
    private static final int CLOSE_PATIENCE_SECONDS = 5;
    private static final int FIRST_READ = 4_096;

    private final AccessTarget target;
    private final EventLoops loops;
    private final NameResolver resolver;
    private final Channel listener;
    private final Map<TcpCall, EventLoop> calls = new ConcurrentHashMap<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private AccessListener(AccessTarget target, EventLoops loops, NameResolver resolver, InetSocketAddress listen) {
        this.target = target;
        this.loops = loops;
        this.resolver = resolver;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                // What is read at once goes into one message.
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(64, FIRST_READ, WebSocketLink.MAX_MESSAGE))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        accepted(accepted);
                    }
                })
                .bind(listen)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new TunnelException(
                    "Cannot listen on " + listen + ": " + WebSocketDial.reason(bound.cause())
                            + ". Give a free port of an address of this machine, or port 0 for any.",
                    bound.cause());
        }
        listener = bound.channel();
    }

    /**
     * Listens.
     *
     * @param settings what to run
     * @return the running access
     * @throws TunnelException if the port cannot be bound
     */
    public static AccessListener start(TcpAccessSettings settings) {
        AccessTarget target = AccessTarget.of(settings);
        EventLoops loops = settings.eventLoops() == null
                ? EventLoops.owned("adit-access", THREADS)
                : EventLoops.borrowed(settings.eventLoops());
        NameResolver resolver = new NameResolver();
        try {
            return new AccessListener(target, loops, resolver, settings.listen());
        } catch (RuntimeException e) {
            resolver.close();
            loops.close();
            throw e;
        }
    }

    /** On the accepted connection's event loop. */
    private void accepted(Channel accepted) {
        LocalSocket local = new LocalSocket(accepted);
        accepted.pipeline().addLast(local);
        TcpCall call = new TcpCall(target, local, failure -> LOG.warn("TCP access: {}", failure.getMessage()));
        calls.put(call, accepted.eventLoop());
        var unused = call.ended().whenComplete((done, failure) -> calls.remove(call));
        if (closing.get()) {
            call.abort(isClosed());
        } else {
            call.start(new WebSocketDial(target, resolver, loops.channel(), accepted.eventLoop(), call));
        }
    }

    private TunnelException isClosed() {
        return new TunnelException("The access to " + target + " was closed.");
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    @Override
    public int connections() {
        return calls.size();
    }

    @Override
    public void awaitClosed() throws InterruptedException {
        try {
            closed.get();
        } catch (ExecutionException e) {
            throw new TunnelException("The access did not close properly: " + e.getCause(), e.getCause());
        }
    }

    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            try {
                listener.close().awaitUninterruptibly(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
                breakOff();
            } finally {
                resolver.close();
                loops.close();
                closed.complete(null);
            }
        }
        closed.join();
    }

    private void breakOff() {
        CompletableFuture<?>[] ends =
                calls.keySet().stream().map(TcpCall::ended).toArray(CompletableFuture[]::new);
        calls.forEach((call, loop) -> {
            try {
                loop.execute(() -> call.abort(isClosed()));
            } catch (RejectedExecutionException e) {
                // A borrowed loop that has ended has closed its channels.
            }
        });
        try {
            CompletableFuture.allOf(ends).get(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            // Broken off, as was asked for.
        } catch (TimeoutException e) {
            LOG.warn("Connections of the access to {} have not ended within {} s.", target, CLOSE_PATIENCE_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "TcpAccess[" + address() + " -> " + target + "]";
    }
}
