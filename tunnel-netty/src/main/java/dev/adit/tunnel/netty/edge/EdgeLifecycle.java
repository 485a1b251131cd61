package dev.adit.tunnel.netty.edge;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.CloseReport.CutRequest;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.edge.acceptor.ConnectorListener;
import dev.adit.tunnel.netty.edge.control.ControlListener;
import dev.adit.tunnel.netty.edge.front.PublicListener;
import dev.adit.tunnel.netty.transport.EventLoops;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens and drains the listeners in order. Called by the edge, one thread at a time. */
final class EdgeLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(EdgeLifecycle.class);

    /** How long a socket may take to close once nobody waits for its requests, in milliseconds. */
    private static final long CLOSE_MILLIS = 2_000;

    private final EventLoops loops;
    private final PublicListener front;
    private final ConnectorListener acceptor;
    private final ControlListener control;
    private final ChannelGroup listening = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    EdgeLifecycle(EventLoops loops, PublicListener front, ConnectorListener acceptor, ControlListener control) {
        this.loops = loops;
        this.front = front;
        this.acceptor = acceptor;
        this.control = control;
    }

    /** Waits until the listener is bound and returns its socket. */
    Channel opened(ChannelFuture binding, InetSocketAddress wanted, String what) {
        binding.awaitUninterruptibly();
        if (!binding.isSuccess()) {
            Throwable cause = binding.cause();
            throw new TunnelException(
                    "The edge cannot listen on " + wanted + " for " + what + ": "
                            + reason(cause)
                            + ". Choose another address or port, or end the program that uses it.",
                    cause);
        }
        listening.add(binding.channel());
        return binding.channel();
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "bind was cancelled";
        }
        return cause instanceof UnresolvedAddressException
                ? "the name has no address"
                : Objects.requireNonNullElse(cause.getMessage(), cause.toString());
    }

    /** Ends what was opened, after a start that failed. */
    void abandon() {
        await(listening.close(), CLOSE_MILLIS);
        await(control.closeConnections(), CLOSE_MILLIS);
        await(acceptor.closeConnections(), CLOSE_MILLIS);
        loops.close();
    }

    /** Closes everything: listeners, then visitors as their requests end, then connectors, then threads. */
    CloseReport close(Duration grace) {
        long start = System.nanoTime();
        await(listening.close(), CLOSE_MILLIS);
        await(control.closeConnections(), CLOSE_MILLIS);
        Future<Void> visitorsGone = front.drain();
        List<CutRequest> cut = new ArrayList<>();
        if (!await(visitorsGone, grace.toMillis())) {
            Queue<CutRequest> cutting = front.cut();
            await(visitorsGone, CLOSE_MILLIS);
            cut.addAll(cutting);
            if (!cut.isEmpty()) {
                LOG.warn("The edge closed after {} ms of grace and cut {} request(s).", grace.toMillis(), cut.size());
            }
        }
        await(acceptor.closeConnections(), CLOSE_MILLIS);
        loops.close();
        return new CloseReport(cut, Duration.ofNanos(System.nanoTime() - start));
    }

    /** Waits without giving up on interruption: closing is bounded anyway. */
    private static boolean await(Future<?> future, long millis) {
        boolean ended = future.awaitUninterruptibly(millis, TimeUnit.MILLISECONDS);
        if (!ended) {
            LOG.debug("Still not closed after {} ms.", millis);
        }
        return ended;
    }
}
