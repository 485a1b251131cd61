package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a tunnel's connections, each in its {@link ConnectionSlot} on an event loop of its own. The first begins alone:
 * until it is registered nothing else is tried, and what it is told decides about the tunnel. Then the others join one
 * after the other, each when the one before is registered or a second later. Safe for use by several threads; what the
 * slots tell comes on their event loops.
 */
final class ConnectionSupervisor implements ConnectionSlot.Owner {

    /** How long one connection may hold up the next when they are first made. Source: cloudflared, supervisor.go. */
    private static final Duration SPACING = Duration.ofSeconds(1);

    private final ConnectorContext context;
    private final List<ConnectionSlot> slots = new ArrayList<>();
    private final EventLoop timers;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<List<CloseReport.CutRequest>> drained = new CompletableFuture<>();

    // Guarded by this.
    private TunnelState state = TunnelState.CONNECTING;
    private int begun = 1;
    private @Nullable Future<?> nextJoins;

    ConnectionSupervisor(ConnectorContext context, int connections, EventLoopGroup loops) {
        this.context = context;
        for (int index = 0; index < connections; index++) {
            slots.add(new ConnectionSlot(context, index, loops.next(), this));
        }
        this.timers = loops.next();
    }

    /**
     * Begins.
     *
     * @return completes when the first connection is registered; exceptionally with a {@link TunnelException} when every
     *     address has failed or the edge has refused
     */
    CompletableFuture<Void> start() {
        slots.get(0).begin();
        return started;
    }

    /**
     * Ends all connections at once: each unregisters, waits for running requests up to the grace period, cuts the rest.
     *
     * @param grace zero cuts at once
     * @return completes when all are closed, with what was cut on all of them
     */
    CompletableFuture<List<CloseReport.CutRequest>> close(Duration grace) {
        synchronized (this) {
            if (isEnding()) {
                return drained;
            }
            changeState(TunnelState.DRAINING);
            if (nextJoins != null) {
                nextJoins.cancel(false);
            }
        }
        started.completeExceptionally(new TunnelException("The tunnel was closed before it was registered."));
        List<CompletableFuture<List<CloseReport.CutRequest>>> closing =
                slots.stream().map(slot -> slot.close(grace)).toList();
        CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new)).whenComplete((done, failure) -> {
            List<CloseReport.CutRequest> cut = new ArrayList<>();
            closing.forEach(one -> cut.addAll(one.join()));
            synchronized (this) {
                changeState(TunnelState.CLOSED);
            }
            drained.complete(List.copyOf(cut));
        });
        return drained;
    }

    /** Returns how the tunnel is doing. */
    synchronized TunnelState state() {
        return state;
    }

    /** Returns the registered connections, in the order of their indexes. */
    List<ConnectionInfo> connections() {
        return slots.stream()
                .map(ConnectionSlot::registered)
                .filter(Objects::nonNull)
                .toList();
    }

    @Override
    public void registered(ConnectionSlot slot) {
        synchronized (this) {
            updateState();
            if (slot.index() == begun - 1) {
                letNextJoin(begun);
            }
        }
        started.complete(null);
    }

    @Override
    public synchronized void lost(ConnectionSlot slot) {
        updateState();
    }

    @Override
    public void failed(ConnectionSlot slot, TunnelException reason) {
        synchronized (this) {
            if (isEnding()) {
                return;
            }
            changeState(TunnelState.CLOSED);
        }
        drained.complete(List.of());
        started.completeExceptionally(reason);
    }

    private synchronized void letNextJoin(int index) {
        if (isEnding() || index != begun || index == slots.size()) {
            return;
        }
        if (nextJoins != null) {
            nextJoins.cancel(false);
        }
        begun = index + 1;
        slots.get(index).join();
        nextJoins = timers.schedule(() -> letNextJoin(index + 1), SPACING.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void updateState() {
        if (!isEnding()) {
            int now = connections().size();
            changeState(now == slots.size() ? TunnelState.HEALTHY : now == 0 ? TunnelState.DOWN : TunnelState.DEGRADED);
        }
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
