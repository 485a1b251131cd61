package dev.adit.tunnel;

/** How a tunnel is doing. */
public enum TunnelState {
    /** No connection has been registered yet. */
    CONNECTING,
    /** All wanted connections are registered. */
    HEALTHY,
    /** Some, not all, wanted connections are registered. */
    DEGRADED,
    /** None is registered; reconnecting goes on. */
    DOWN,
    /** Closing: unregistered, running requests finish. */
    DRAINING,
    /** Closed for good. */
    CLOSED
}
