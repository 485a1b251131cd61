package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.netty.connector.dial.EdgeAddresses;
import dev.adit.tunnel.netty.wire.LogText;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one of a tunnel's connections, known by its index: makes it, and after its loss makes it again, for ever. Only
 * the one that begins the tunnel can fail for good, and only before it has ever been registered. Its state belongs to
 * one event loop; the methods may be called by any thread.
 */
final class ConnectionSlot {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionSlot.class);

    /** So many addresses are tried for the first registration. Source: cloudflared, {@code --max-edge-addr-retries}. */
    private static final int FIRST_ADDRESSES = 8;

    /** Told how the slot fares, on its event loop. */
    interface Owner {

        /** Its connection is registered. */
        void registered(ConnectionSlot slot);

        /** Its registered connection is lost; another will be made. */
        void lost(ConnectionSlot slot);

        /** The beginning has failed; nothing more will be tried. */
        void failed(ConnectionSlot slot, TunnelException reason);
    }

    private final ConnectorContext context;
    private final int index;
    private final EventLoop loop;
    private final Owner owner;
    private final Backoff backoff =
            new Backoff(() -> ThreadLocalRandom.current().nextLong());
    private final CompletableFuture<List<CloseReport.CutRequest>> closed = new CompletableFuture<>();

    private volatile @Nullable ConnectionInfo registered;

    private boolean beginning;
    private boolean ending;
    private boolean attempting;
    private @Nullable TunnelConnection connection;
    private @Nullable Future<?> nextAttempt;
    private @Nullable Future<?> graceTimer;
    private final Set<InetSocketAddress> tried = new HashSet<>();
    private final List<TunnelException> earlier = new ArrayList<>();
    private final List<CloseReport.CutRequest> cut = new ArrayList<>();
    private int failures;
    private long lostAt = System.nanoTime();

    ConnectionSlot(ConnectorContext context, int index, EventLoop loop, Owner owner) {
        this.context = context;
        this.index = index;
        this.loop = loop;
        this.owner = owner;
    }

    /** Begins the tunnel: tries each address once and fails when none lets it in, or when it is refused. */
    void begin() {
        loop.execute(() -> {
            beginning = true;
            attempt();
        });
    }

    /** Adds this connection to a tunnel that has one. */
    void join() {
        loop.execute(() -> {
            lostAt = System.nanoTime();
            attempt();
        });
    }

    /**
     * Ends: unregisters, waits for running requests up to the grace period, cuts the rest.
     *
     * @param grace zero cuts at once
     * @return completes when the connection is closed, with what was cut
     */
    CompletableFuture<List<CloseReport.CutRequest>> close(Duration grace) {
        loop.execute(() -> drain(grace));
        return closed;
    }

    /** Returns the registered connection, or null while there is none. */
    @Nullable
    ConnectionInfo registered() {
        return registered;
    }

    int index() {
        return index;
    }

    private void attempt() {
        nextAttempt = null;
        if (ending) {
            return;
        }
        attempting = true;
        context.addresses().next(index, tried, loop).whenComplete((choice, failure) -> {
            attempting = false;
            if (ending) {
                finish();
            } else if (failure != null) {
                notFound(known(failure));
            } else {
                dial(choice);
            }
        });
    }

    private void dial(Optional<EdgeAddresses.Choice> choice) {
        if (choice.isEmpty()) {
            failForGood(earlier.remove(earlier.size() - 1));
            return;
        }
        TunnelConnection opening = new TunnelConnection(context, index, failures, choice.get(), loop, new Life());
        connection = opening;
        opening.open();
    }

    /** What a connection tells of itself. */
    private final class Life implements TunnelConnection.Listener {

        @Override
        public void registered(TunnelConnection connection, ConnectionInfo info) {
            beginning = false;
            tried.clear();
            earlier.clear();
            registered = info;
            LOG.info(
                    "conn={} registered at {}:{} as {} (location {})",
                    info.index(),
                    info.edgeAddress().getHostString(),
                    info.edgeAddress().getPort(),
                    info.id(),
                    LogText.safe(info.location()));
            context.events().publish(new TunnelEvent.ConnectionRegistered(Instant.now(), info));
            owner.registered(ConnectionSlot.this);
        }

        @Override
        public void closed(TunnelConnection closed, TunnelException reason) {
            boolean wasRegistered = registered != null;
            registered = null;
            connection = null;
            if (ending) {
                finish();
                return;
            }
            EdgeAddresses.Failure failure = failureOf(closed, reason, wasRegistered);
            if (failure != null) {
                context.addresses().failed(index, failure);
            }
            if (beginning) {
                tried.add(closed.edge());
                firstFailed(closed, reason);
            } else {
                if (wasRegistered) {
                    lostAt = System.nanoTime();
                    owner.lost(ConnectionSlot.this);
                }
                failures = closed.wasOfUse() ? 0 : failures + 1;
                again(closed.edge(), reason, wasRegistered);
            }
        }
    }

    /** What the address book should know; null if the address is as good as before. */
    private static EdgeAddresses.@Nullable Failure failureOf(
            TunnelConnection closed, TunnelException reason, boolean wasRegistered) {
        if (wasRegistered && !closed.wasSilent()) {
            return null;
        }
        if (!closed.wasReached() || closed.wasSilent()) {
            return EdgeAddresses.Failure.UNREACHABLE;
        }
        if (closed.isDuplicate()) {
            return EdgeAddresses.Failure.DUPLICATE;
        }
        boolean refusedForGood = reason instanceof RegistrationException refused && !refused.isRetryable();
        return refusedForGood ? null : EdgeAddresses.Failure.NOT_ADMITTED;
    }

    private void firstFailed(TunnelConnection closed, TunnelException reason) {
        boolean refused = reason instanceof RegistrationException && !closed.isDuplicate();
        if (refused || tried.size() >= FIRST_ADDRESSES) {
            failForGood(reason);
        } else {
            earlier.add(reason);
            attempt();
        }
    }

    private void notFound(TunnelException reason) {
        if (beginning) {
            failForGood(reason);
        } else {
            failures++;
            again(context.addresses().name(), reason, false);
        }
    }

    private void failForGood(TunnelException reason) {
        earlier.forEach(reason::addSuppressed);
        ending = true;
        finish();
        owner.failed(this, reason);
    }

    private void again(InetSocketAddress edge, TunnelException reason, boolean wasRegistered) {
        Duration delay = delay(reason, wasRegistered);
        LOG.warn(
                "conn={} {}: {} Next attempt in {} ms.",
                index,
                wasRegistered ? "lost" : "not restored",
                LogText.line(String.valueOf(reason.getMessage())),
                delay.toMillis());
        context.events()
                .publish(new TunnelEvent.ConnectionLost(
                        Instant.now(), index, edge, wasRegistered, String.valueOf(reason.getMessage())));
        context.events().publish(new TunnelEvent.ReconnectScheduled(Instant.now(), index, failures, delay));
        nextAttempt = loop.schedule(this::attempt, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private Duration delay(TunnelException reason, boolean wasRegistered) {
        // The first loss of a connection that was no use gets the short wait too; only then does it grow.
        Duration jittered = backoff.delay(wasRegistered ? Math.max(0, failures - 1) : failures, sinceLoss());
        if (reason instanceof RegistrationException refused && !wasRegistered) {
            return refused.isRetryable()
                    ? refused.retryAfter()
                            .map(asked -> Backoff.andAsked(jittered, asked))
                            .orElse(jittered)
                    : backoff.refused();
        }
        return jittered;
    }

    private Duration sinceLoss() {
        return Duration.ofNanos(System.nanoTime() - lostAt);
    }

    private void drain(Duration grace) {
        if (ending) {
            return;
        }
        ending = true;
        if (nextAttempt != null) {
            nextAttempt.cancel(false);
        }
        TunnelConnection open = connection;
        if (open == null) {
            if (!attempting) {
                finish();
            }
        } else if (grace.isZero() || registered == null) {
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
        context.addresses().released(index);
        closed.complete(List.copyOf(cut));
    }

    private static TunnelException known(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof TunnelException known
                ? known
                : new TunnelException("The edge's addresses cannot be found: " + cause, cause);
    }
}
