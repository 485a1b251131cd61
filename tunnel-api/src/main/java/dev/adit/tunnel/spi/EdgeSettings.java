package dev.adit.tunnel.spi;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * What an edge was built with, for the implementation. The meaning and default of each is that of the method of
 * {@link dev.adit.tunnel.TunnelEdge.Builder} of the same name.
 *
 * @param publicAddress where visitors come in
 * @param connectorAddress where connectors come in
 * @param controlAddress where quick tunnels are asked for, null for no such listener
 * @param quickDomain below which quick tunnels are named, null for none
 * @param identity certificate chain and key for connectors, null to make them at start and keep them nowhere
 * @param tunnels tunnels known from the start
 * @param directUrls whether each tunnel gets a plain {@code http://127.0.0.1:port} address of its own
 * @param loginTimeout until when a connector must have registered
 * @param responseTimeout until when a response must have begun
 * @param gracePeriod for {@link dev.adit.tunnel.TunnelEdge#close()}
 * @param eventLoops a borrowed event loop group, null for one of our own
 */
public record EdgeSettings(
        InetSocketAddress publicAddress,
        InetSocketAddress connectorAddress,
        @Nullable InetSocketAddress controlAddress,
        @Nullable String quickDomain,
        @Nullable Identity identity,
        List<KnownTunnel> tunnels,
        boolean directUrls,
        Duration loginTimeout,
        Duration responseTimeout,
        Duration gracePeriod,
        @Nullable ScheduledExecutorService eventLoops) {

    /** Copies the list. */
    public EdgeSettings {
        tunnels = List.copyOf(tunnels);
    }

    /**
     * The edge's certificate for connectors.
     *
     * @param certificateChain PEM file, the certificate with DNS name {@code h2.cftunnel.com} first
     * @param privateKey PEM file, PKCS#8, not encrypted
     * @param authority PEM file to write the authority to when chain and key are not there yet and are made; null if they
     *     must be there
     */
    public record Identity(
            Path certificateChain,
            Path privateKey,
            @Nullable Path authority) {

        /**
         * Names files that must be there.
         *
         * @param certificateChain PEM file
         * @param privateKey PEM file
         */
        public Identity(Path certificateChain, Path privateKey) {
            this(certificateChain, privateKey, null);
        }
    }

    /**
     * A tunnel known from the start.
     *
     * @param credentials what its connectors register with
     * @param hostnames the names routed to it
     */
    public record KnownTunnel(dev.adit.tunnel.TunnelCredentials credentials, List<String> hostnames) {
        /** Copies the list. */
        public KnownTunnel {
            hostnames = List.copyOf(hostnames);
        }
    }
}
