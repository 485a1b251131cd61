package dev.adit.tunnel.netty;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.netty.connector.TunnelConnector;
import dev.adit.tunnel.netty.connector.status.StatusSource;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the status listener tells of a tunnel. Holds its id and never its credentials.
 *
 * @param tunnelId the tunnel
 * @param url of a quick tunnel, else null
 * @param connector asked at each request
 */
record TunnelStatus(UUID tunnelId, @Nullable URI url, TunnelConnector connector) implements StatusSource {

    @Override
    public UUID connectorId() {
        return connector.connectorId();
    }

    @Override
    public String version() {
        return connector.version();
    }

    @Override
    public String quickHostname() {
        return url == null || url.getHost() == null ? "" : url.getHost();
    }

    /** A tunnel that drains has unregistered or is about to: nobody should send it more. */
    @Override
    public List<ConnectionInfo> readyConnections() {
        TunnelState state = connector.state();
        return state == TunnelState.DRAINING || state == TunnelState.CLOSED ? List.of() : connector.connections();
    }

    @Override
    public Ingress ingress() {
        return connector.ingress();
    }

    @Override
    public int configurationVersion() {
        return connector.configurationVersion();
    }
}
