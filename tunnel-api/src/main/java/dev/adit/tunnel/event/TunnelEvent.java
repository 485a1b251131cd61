package dev.adit.tunnel.event;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.TunnelState;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that happened to a tunnel. */
public sealed interface TunnelEvent {

    /**
     * Returns when it happened.
     *
     * @return the wall clock's time
     */
    Instant at();

    /**
     * The tunnel's state changed.
     *
     * @param at when
     * @param from the state before
     * @param to the state now
     */
    record StateChanged(Instant at, TunnelState from, TunnelState to) implements TunnelEvent {}

    /**
     * A connection to the edge is open (TCP and TLS), not yet registered.
     *
     * @param at when
     * @param index its slot
     * @param edgeAddress where to
     */
    record ConnectionOpened(Instant at, int index, InetSocketAddress edgeAddress) implements TunnelEvent {}

    /**
     * A connection is registered.
     *
     * @param at when
     * @param connection which
     */
    record ConnectionRegistered(Instant at, ConnectionInfo connection) implements TunnelEvent {}

    /**
     * A connection, or an attempt to make one, ended without being asked to.
     *
     * @param at when
     * @param index its slot
     * @param edgeAddress where to
     * @param registered whether it had been registered
     * @param reason why, for people
     */
    record ConnectionLost(Instant at, int index, InetSocketAddress edgeAddress, boolean registered, String reason)
            implements TunnelEvent {}

    /**
     * A connection will be tried again.
     *
     * @param at when this was decided
     * @param index its slot
     * @param attempt how many attempts have failed since the last registration
     * @param delay how long until the next attempt
     */
    record ReconnectScheduled(Instant at, int index, int attempt, Duration delay) implements TunnelEvent {}

    /**
     * New rules are in force.
     *
     * @param at when
     * @param ingress the rules
     */
    record ConfigurationApplied(Instant at, Ingress ingress) implements TunnelEvent {}

    /**
     * A request is over.
     *
     * @param at when it ended
     * @param method its method
     * @param host the visitor's {@code Host}
     * @param target path and query as sent
     * @param status the status sent to the visitor, 0 if none was
     * @param ruleIndex the rule that took it, from 0; -1 for a private TCP stream, whose {@code host} is its destination
     * @param duration from its first byte here to its end
     * @param requestBytes size of the request's body
     * @param responseBytes size of the response's body as far as it was sent
     * @param failure what went wrong; null if nothing did
     */
    record RequestCompleted(
            Instant at,
            String method,
            String host,
            String target,
            int status,
            int ruleIndex,
            Duration duration,
            long requestBytes,
            long responseBytes,
            @Nullable OriginFailure failure)
            implements TunnelEvent {}
}
