package dev.adit.tunnel.netty.edge.router;

import dev.adit.tunnel.netty.wire.HostNames;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which tunnel serves which host: the exact name first, then the longest wildcard. A wildcard covers any depth below its
 * suffix and not the suffix itself. Immutable; a change makes a new table.
 */
final class RouteTable {

    static final RouteTable EMPTY = new RouteTable(Map.of());

    private static final String WILDCARD = "*.";

    /** Keys as configured: {@code name} or {@code *.suffix}. */
    private final Map<String, UUID> routes;

    private RouteTable(Map<String, UUID> routes) {
        this.routes = Map.copyOf(routes);
    }

    /**
     * Finds the tunnel.
     *
     * @param host as {@link HostNames} spells it
     * @return the tunnel, or null if nobody serves that host
     */
    @Nullable
    UUID find(String host) {
        UUID exact = routes.get(host);
        if (exact != null) {
            return exact;
        }
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            UUID wildcard = routes.get("*" + host.substring(dot));
            if (wildcard != null) {
                return wildcard;
            }
        }
        return null;
    }

    RouteTable with(String hostname, UUID tunnelId) {
        Map<String, UUID> more = new HashMap<>(routes);
        more.put(hostname, tunnelId);
        return new RouteTable(more);
    }

    RouteTable without(String hostname) {
        Map<String, UUID> fewer = new HashMap<>(routes);
        fewer.remove(hostname);
        return new RouteTable(fewer);
    }

    RouteTable without(UUID tunnelId) {
        Map<String, UUID> fewer = new HashMap<>(routes);
        fewer.values().removeIf(tunnelId::equals);
        return new RouteTable(fewer);
    }

    boolean contains(String hostname) {
        return routes.containsKey(hostname);
    }

    /** Spells a configured pattern, or returns null if it is not valid. */
    static @Nullable String pattern(String hostname) {
        if (!hostname.startsWith(WILDCARD)) {
            return HostNames.ofConfigured(hostname);
        }
        String suffix = HostNames.ofConfigured(hostname.substring(WILDCARD.length()));
        return suffix == null ? null : WILDCARD + suffix;
    }
}
