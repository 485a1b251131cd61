package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection to the edge: makes it, and after its loss makes it again, for ever, on the next address of the
 * list. Only before the first registration can it fail for good. Its state belongs to one event loop; the public methods
 * may be called by any thread.
 */
final class ConnectionSupervisor {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionSupervisor.class);
    private static final int INDEX = 0;

    private final ConnectorContext context;
    private final List<InetSocketAddress> edges;
    private final EventLoop loop;
    private final Backoff backoff =
            new Backoff(() -> ThreadLocalRandom.current().nextLong());
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<List<CloseReport.CutRequest>> drained = new CompletableFuture<>();

    private volatile TunnelState state = TunnelState.CONNECTING;
    private volatile @Nullable ConnectionInfo registered;

    private @Nullable TunnelConnection connection;
    private @Nullable Future<?> nextAttempt;
    private @Nullable Future<?> graceTimer;
    private final List<CloseReport.CutRequest> cut = new ArrayList<>();
    private int nextEdge;
    private int failures;
    private long lostAt = System.nanoTime();

    ConnectionSupervisor(ConnectorContext context, List<InetSocketAddress> edges, EventLoop loop) {
        this.context = context;
        this.edges = edges;
        this.loop = loop;
    }

    /**
     * Begins.
     *
     * @return completes when the first connection is registered; exceptionally with a {@link TunnelException} when every
     *     address has failed or the edge has refused
     */
    public CompletableFuture<Void> start() {
        loop.execute(this::connect);
        return started;
    }

    /**
     * Ends: unregisters, waits for running requests up to the grace period, cuts the rest.
     *
     * @param grace zero cuts at once
     * @return completes when the connection is closed, with what was cut
     */
    public CompletableFuture<List<CloseReport.CutRequest>> close(Duration grace) {
        loop.execute(() -> drain(grace));
        return drained;
    }

    /**
     * Returns how the tunnel is doing.
     *
     * @return the state now
     */
    public TunnelState state() {
        return state;
    }

    /**
     * Returns the registered connections.
     *
     * @return none or one
     */
    public List<ConnectionInfo> connections() {
        ConnectionInfo info = registered;
        return info == null ? List.of() : List.of(info);
    }

    private void connect() {
        nextAttempt = null;
        if (isEnding()) {
            return;
        }
        InetSocketAddress edge = edges.get(Math.floorMod(nextEdge, edges.size()));
        TunnelConnection opening = new TunnelConnection(context, INDEX, failures, edge, loop, new Life());
        connection = opening;
        opening.open();
    }

    /** What a connection tells of itself. */
    private final class Life implements TunnelConnection.Listener {

        @Override
        public void registered(TunnelConnection connection, ConnectionInfo info) {
            failures = 0;
            registered = info;
            LOG.info(
                    "conn={} registered at {}:{} as {} (location {})",
                    info.index(),
                    info.edgeAddress().getHostString(),
                    info.edgeAddress().getPort(),
                    info.id(),
                    info.location());
            context.events().publish(new TunnelEvent.ConnectionRegistered(Instant.now(), info));
            changeState(TunnelState.HEALTHY);
            started.complete(null);
        }

        @Override
        public void closed(TunnelConnection closed, TunnelException reason) {
            boolean wasRegistered = registered != null;
            registered = null;
            connection = null;
            if (isEnding()) {
                finish();
            } else if (!started.isDone()) {
                firstFailed(reason);
            } else {
                lost(closed, reason, wasRegistered);
            }
        }
    }

    private void firstFailed(TunnelException reason) {
        nextEdge++;
        if (reason instanceof RegistrationException || nextEdge >= edges.size()) {
            changeState(TunnelState.CLOSED);
            drained.complete(List.of());
            started.completeExceptionally(reason);
        } else {
            connect();
        }
    }

    private void lost(TunnelConnection closed, TunnelException reason, boolean wasRegistered) {
        if (wasRegistered) {
            lostAt = System.nanoTime();
            changeState(TunnelState.DOWN);
        } else {
            failures++;
            nextEdge++;
        }
        Duration delay = delay(reason, wasRegistered);
        LOG.warn(
                "conn={} {}: {} Next attempt in {} ms.",
                closed.index(),
                wasRegistered ? "lost" : "not restored",
                reason.getMessage(),
                delay.toMillis());
        context.events()
                .publish(new TunnelEvent.ConnectionLost(
                        Instant.now(),
                        closed.index(),
                        closed.edge(),
                        wasRegistered,
                        String.valueOf(reason.getMessage())));
        context.events().publish(new TunnelEvent.ReconnectScheduled(Instant.now(), closed.index(), failures, delay));
        nextAttempt = loop.schedule(this::connect, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private Duration delay(TunnelException reason, boolean wasRegistered) {
        if (reason instanceof RegistrationException refused && !wasRegistered) {
            Duration jittered = backoff.delay(failures, sinceLoss());
            return refused.isRetryable()
                    ? refused.retryAfter().map(jittered::plus).orElse(jittered)
                    : Backoff.REFUSED;
        }
        return backoff.delay(wasRegistered ? 0 : failures, sinceLoss());
    }

    private Duration sinceLoss() {
        return Duration.ofNanos(System.nanoTime() - lostAt);
    }

    private void drain(Duration grace) {
        if (isEnding()) {
            return;
        }
        changeState(TunnelState.DRAINING);
        if (nextAttempt != null) {
            nextAttempt.cancel(false);
        }
        started.completeExceptionally(new TunnelException("The tunnel was closed before it was registered."));
        TunnelConnection open = connection;
        if (open == null) {
            finish();
        } else if (grace.isZero()) {
            cut.addAll(open.cut());
        } else {
            graceTimer = loop.schedule(() -> cut.addAll(open.cut()), grace.toNanos(), TimeUnit.NANOSECONDS);
            open.drain(grace);
        }
    }

    private void finish() {
        if (graceTimer != null) {
            graceTimer.cancel(false);
        }
        changeState(TunnelState.CLOSED);
        drained.complete(List.copyOf(cut));
    }

    private boolean isEnding() {
        return state == TunnelState.DRAINING || state == TunnelState.CLOSED;
    }

    private void changeState(TunnelState to) {
        TunnelState from = state;
        if (from != to) {
            state = to;
            context.events().publish(new TunnelEvent.StateChanged(Instant.now(), from, to));
        }
    }
}
