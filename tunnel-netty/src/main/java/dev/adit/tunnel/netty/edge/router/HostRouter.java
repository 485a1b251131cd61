package dev.adit.tunnel.netty.edge.router;

import dev.adit.tunnel.netty.wire.HostNames;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Holds the routes in force. A request reads one table; a change swaps the table whole. Safe for use by several threads. */
public final class HostRouter {

    private volatile RouteTable table = RouteTable.EMPTY;

    /** Makes a router without routes. */
    public HostRouter() {}

    /**
     * Finds the tunnel of a host.
     *
     * @param host as {@link HostNames#ofAuthority} spells it
     * @return the tunnel, or null if nobody serves that host
     */
    public @Nullable UUID find(String host) {
        return table.find(host);
    }

    /**
     * Adds or replaces a route.
     *
     * @param hostname a name or {@code *.suffix}
     * @param tunnelId where it leads
     * @throws IllegalArgumentException if the name is not valid
     */
    public synchronized void route(String hostname, UUID tunnelId) {
        table = table.with(checked(hostname), tunnelId);
    }

    /**
     * Adds a route if there is none.
     *
     * @param hostname a name or {@code *.suffix}
     * @param tunnelId where it leads
     * @return whether it was added
     * @throws IllegalArgumentException if the name is not valid
     */
    public synchronized boolean routeIfFree(String hostname, UUID tunnelId) {
        String pattern = checked(hostname);
        if (table.contains(pattern)) {
            return false;
        }
        table = table.with(pattern, tunnelId);
        return true;
    }

    /**
     * Removes a route.
     *
     * @param hostname an unknown one is ignored
     */
    public synchronized void unroute(String hostname) {
        String pattern = RouteTable.pattern(hostname);
        if (pattern != null) {
            table = table.without(pattern);
        }
    }

    /**
     * Removes all routes of a tunnel.
     *
     * @param tunnelId an unknown one is ignored
     */
    public synchronized void removeTunnel(UUID tunnelId) {
        table = table.without(tunnelId);
    }

    private static String checked(String hostname) {
        String pattern = RouteTable.pattern(hostname);
        if (pattern == null) {
            throw new IllegalArgumentException(
                    "hostname: '" + hostname + "' (expected: a DNS name without port, or *. and such a name)");
        }
        return pattern;
    }
}
