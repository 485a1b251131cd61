package dev.adit.tunnel;

import java.time.Duration;

/**
 * Settings for private TCP streams, cloudflared's {@code warp-routing}. Immutable.
 *
 * @param connectTimeout limit for opening a TCP connection. Default 5 s; more than zero
 * @param maxActiveFlows how many streams may be open at a time. Default 0: no limit
 * @param tcpKeepAlive how long a connection is idle before TCP probes it. Default 30 s; zero switches probes off
 */
public record WarpRouting(Duration connectTimeout, long maxActiveFlows, Duration tcpKeepAlive) {

    private static final WarpRouting DEFAULTS = new WarpRouting(Duration.ofSeconds(5), 0, Duration.ofSeconds(30));

    /** Checks the limits. */
    public WarpRouting {
        if (connectTimeout.isNegative() || connectTimeout.isZero()) {
            throw new IllegalArgumentException("connectTimeout: " + connectTimeout + " (expected: > 0)");
        }
        if (maxActiveFlows < 0) {
            throw new IllegalArgumentException("maxActiveFlows: " + maxActiveFlows + " (expected: >= 0)");
        }
        if (tcpKeepAlive.isNegative()) {
            throw new IllegalArgumentException("tcpKeepAlive: " + tcpKeepAlive + " (expected: >= 0)");
        }
    }

    /**
     * Returns the settings that hold where none are given.
     *
     * @return every default as stated above
     */
    public static WarpRouting defaults() {
        return DEFAULTS;
    }
}
