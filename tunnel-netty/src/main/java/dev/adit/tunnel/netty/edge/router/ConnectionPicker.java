package dev.adit.tunnel.netty.edge.router;

import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the connection for a request: one on the visitor's own event loop if there is one, else the less busy of two
 * taken at random. Keeps no state; any thread.
 */
public final class ConnectionPicker {

    private ConnectionPicker() {}

    /**
     * Chooses.
     *
     * @param connections of the tunnel
     * @param visitorLoop the visitor's event loop
     * @param tried what this request has been refused by, not to be taken again
     * @return a usable connection, or null if there is none left
     */
    public static @Nullable RegisteredConnection pick(
            List<RegisteredConnection> connections, EventLoop visitorLoop, Set<RegisteredConnection> tried) {
        RegisteredConnection near = null;
        RegisteredConnection far = null;
        int nearSeen = 0;
        int farSeen = 0;
        int start = connections.size() < 2 ? 0 : ThreadLocalRandom.current().nextInt(connections.size());
        for (int i = 0; i < connections.size(); i++) {
            RegisteredConnection candidate = connections.get((start + i) % connections.size());
            if (!candidate.isUsable() || tried.contains(candidate)) {
                continue;
            }
            if (candidate.eventLoop().equals(visitorLoop)) {
                near = nearSeen++ < 2 ? lessBusy(near, candidate) : near;
            } else {
                far = farSeen++ < 2 ? lessBusy(far, candidate) : far;
            }
        }
        return near != null ? near : far;
    }

    private static RegisteredConnection lessBusy(@Nullable RegisteredConnection one, RegisteredConnection other) {
        return one == null || other.inFlight() < one.inFlight() ? other : one;
    }
}
