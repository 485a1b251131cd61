package dev.adit.tunnel.netty.edge.registry;

import dev.adit.tunnel.netty.edge.registry.RegisteredConnection.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections that serve each tunnel now. Reading takes no lock; changes replace a tunnel's list whole. Safe for use
 * by several threads.
 */
public final class TunnelRegistry {

    private final Map<UUID, List<RegisteredConnection>> byTunnel = new ConcurrentHashMap<>();
    private final Map<Slot, RegisteredConnection> bySlot = new HashMap<>();

    /** Makes an empty registry. */
    public TunnelRegistry() {}

    /**
     * Adds a connection, unless its slot is taken by one that is alive. A dead one is replaced.
     *
     * @param connection just admitted
     * @return null if it was added, else the living connection in its slot
     */
    public synchronized @Nullable RegisteredConnection add(RegisteredConnection connection) {
        RegisteredConnection old = bySlot.get(connection.slot());
        if (old != null && old.isUsable()) {
            return old;
        }
        if (old != null) {
            remove(old);
        }
        bySlot.put(connection.slot(), connection);
        List<RegisteredConnection> more =
                new ArrayList<>(connections(connection.slot().tunnelId()));
        more.add(connection);
        byTunnel.put(connection.slot().tunnelId(), List.copyOf(more));
        return null;
    }

    /**
     * Removes a connection.
     *
     * @param connection ignored if it is not there
     */
    public synchronized void remove(RegisteredConnection connection) {
        bySlot.remove(connection.slot(), connection);
        List<RegisteredConnection> fewer =
                new ArrayList<>(connections(connection.slot().tunnelId()));
        if (fewer.remove(connection)) {
            if (fewer.isEmpty()) {
                byTunnel.remove(connection.slot().tunnelId());
            } else {
                byTunnel.put(connection.slot().tunnelId(), List.copyOf(fewer));
            }
        }
    }

    /**
     * Returns who serves a tunnel now.
     *
     * @param tunnelId a tunnel
     * @return an immutable list, empty if there is none
     */
    public List<RegisteredConnection> connections(UUID tunnelId) {
        return byTunnel.getOrDefault(tunnelId, List.of());
    }
}
