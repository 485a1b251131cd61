package dev.adit.tunnel.netty.connector.status;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.Ingress;
import java.util.List;
import java.util.UUID;

/** What the listener tells of a tunnel. Called on the listener's thread; returns at once. */
public interface StatusSource {

    /**
     * Returns the tunnel.
     *
     * @return its id
     */
    UUID tunnelId();

    /**
     * Returns who we are for the edge.
     *
     * @return made at start, the same for all connections
     */
    UUID connectorId();

    /**
     * Returns what we run.
     *
     * @return the version that the edge is told
     */
    String version();

    /**
     * Returns the host name of a quick tunnel.
     *
     * @return empty for a tunnel with credentials
     */
    String quickHostname();

    /**
     * Returns the connections that take requests.
     *
     * @return those that are registered; none once the tunnel drains
     */
    List<ConnectionInfo> readyConnections();

    /**
     * Returns the rules in force.
     *
     * @return the rules for new requests
     */
    Ingress ingress();

    /**
     * Returns which configuration is in force.
     *
     * @return -1 for rules of this process, else the version that the edge gave the rules it sent
     */
    int configurationVersion();
}
