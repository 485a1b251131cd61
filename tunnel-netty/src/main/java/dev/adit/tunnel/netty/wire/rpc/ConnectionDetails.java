package dev.adit.tunnel.netty.wire.rpc;

import java.util.Objects;
import java.util.UUID;

/**
 * The connection is registered.
 *
 * @param uuid id of this connection, chosen by the edge
 * @param locationName where the edge is, free text; Cloudflare sends an airport code with a number ({@code lis01})
 * @param remotelyManaged whether the edge will push the tunnel's configuration; if not, the connector reports its own
 */
public record ConnectionDetails(UUID uuid, String locationName, boolean remotelyManaged) implements ConnectionResponse {

    /** Checks that nothing is missing. */
    public ConnectionDetails {
        Objects.requireNonNull(uuid, "uuid");
        Objects.requireNonNull(locationName, "locationName");
    }
}
