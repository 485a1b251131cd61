package dev.adit.tunnel.netty.wire.rpc;

import java.util.Objects;
import java.util.UUID;

/**
 * The question that binds a connection to a tunnel. Source: {@code registerConnection} of cloudflared's
 * tunnelrpc.capnp.
 *
 * @param auth account and secret
 * @param tunnelId the tunnel to serve
 * @param connIndex which of the connector's connections this is, 0 to 255 (the genuine connector uses 0 to 3); with the
 *     client id it names the connection
 * @param options what the connector says about itself
 */
public record RegisterConnection(TunnelAuth auth, UUID tunnelId, int connIndex, ConnectionOptions options) {

    /** Checks that nothing is missing. */
    public RegisterConnection {
        Objects.requireNonNull(auth, "auth");
        Objects.requireNonNull(tunnelId, "tunnelId");
        Objects.requireNonNull(options, "options");
        if (connIndex < 0 || connIndex > 255) {
            throw new IllegalArgumentException("connIndex: " + connIndex + " (expected: 0 to 255)");
        }
    }
}
