package dev.adit.tunnel;

import dev.adit.tunnel.spi.EdgeSettings;
import dev.adit.tunnel.spi.TunnelEdgeProvider;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The public end of tunnels, inside this JVM: takes visitors' requests and hands them to connectors that have dialled
 * in, ours or the stock {@code cloudflared}. Running from the moment it is built. Safe for use by several threads.
 */
public interface TunnelEdge extends AutoCloseable {

    /**
     * Starts an edge for this machine: loopback, free ports, a certificate made on the spot, quick tunnels named
     * {@code <words>.localhost}, and a plain {@code http://127.0.0.1:port} address for each tunnel, because the JDK does
     * not resolve names below {@code localhost}.
     *
     * @return the running edge
     * @throws TunnelException if it cannot be started
     */
    static TunnelEdge local() {
        return builder().quickDomain("localhost").directUrls(true).start();
    }

    /**
     * Begins an edge of your own. Unless told otherwise it listens on free ports of loopback, makes its certificate at
     * start, and offers no quick tunnels.
     *
     * @return a builder
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * Returns where visitors come in.
     *
     * @return the bound address
     */
    InetSocketAddress publicAddress();

    /**
     * Returns where connectors come in.
     *
     * @return the bound address
     */
    InetSocketAddress connectorAddress();

    /**
     * Returns where quick tunnels are asked for: {@code POST /tunnel}.
     *
     * @return the bound address, empty if there is no such listener
     */
    Optional<InetSocketAddress> controlAddress();

    /**
     * Returns what a connector must trust to join.
     *
     * @return the authority that signed this edge's certificate
     */
    EdgeTrust trust();

    /**
     * Makes a tunnel. It has no hostname until {@link #route} gives it one.
     *
     * @param name for people, not empty
     * @return what its connectors register with; the edge keeps only a digest of the secret
     * @throws IllegalStateException if the edge is closed
     */
    TunnelCredentials createTunnel(String name);

    /**
     * Makes a tunnel with a random name below the quick domain.
     *
     * @return its credentials and address
     * @throws IllegalStateException if the edge was built without a quick domain or is closed
     */
    QuickTunnel createQuickTunnel();

    /**
     * Removes a tunnel, its routes and its connections.
     *
     * @param tunnelId an unknown one is ignored
     */
    void deleteTunnel(UUID tunnelId);

    /**
     * Sends a hostname's visitors to a tunnel. Takes effect for the next request; replaces an earlier route.
     *
     * @param hostname a DNS name in any case, A-labels or Unicode, or {@code *.suffix}
     * @param tunnelId a tunnel of this edge
     * @throws IllegalArgumentException if the name is not valid or the tunnel unknown
     */
    void route(String hostname, UUID tunnelId);

    /**
     * Removes a route.
     *
     * @param hostname an unknown one is ignored
     */
    void unroute(String hostname);

    /**
     * Returns the address at which visitors reach a hostname.
     *
     * @param hostname a routed name
     * @return {@code http://hostname:port/}
     */
    URI publicUrl(String hostname);

    /**
     * Returns an address that leads to one tunnel without any name: {@code http://127.0.0.1:port/}. Its origin sees that
     * address as host.
     *
     * @param tunnelId a tunnel of this edge
     * @return the address, empty if the edge was built without direct addresses or the tunnel is unknown
     */
    Optional<URI> directUrl(UUID tunnelId);

    /**
     * Returns how a tunnel is doing.
     *
     * @param tunnelId a tunnel
     * @return {@link TunnelState#HEALTHY} with a registered connection, {@link TunnelState#DOWN} without; empty if the
     *     tunnel is unknown
     */
    Optional<TunnelState> tunnelState(UUID tunnelId);

    /** Closes with the grace period that the edge was built with, 30 s by default. */
    @Override
    void close();

    /**
     * Stops taking visitors and connectors, waits for running requests, then closes everything. A second call waits for
     * the first and returns its report.
     *
     * @param grace how long running requests may take; zero cuts them at once
     * @return what was cut
     */
    CloseReport close(Duration grace);

    /** An edge to be. Not for use by several threads. */
    final class Builder {

        private static final InetSocketAddress ANY_FREE_PORT = new InetSocketAddress("127.0.0.1", 0);

        private InetSocketAddress publicAddress = ANY_FREE_PORT;
        private InetSocketAddress connectorAddress = ANY_FREE_PORT;
        private @Nullable InetSocketAddress controlAddress;
        private @Nullable String quickDomain;
        private EdgeSettings.@Nullable Identity identity;
        private final List<EdgeSettings.KnownTunnel> tunnels = new ArrayList<>();
        private boolean directUrls;
        private Duration loginTimeout = Duration.ofSeconds(10);
        private Duration responseTimeout = Duration.ofSeconds(100);
        private Duration gracePeriod = Duration.ofSeconds(30);
        private @Nullable ScheduledExecutorService eventLoops;

        private Builder() {}

        /**
         * Sets where visitors come in: HTTP/1.1 without TLS. Default a free port of loopback.
         *
         * @param address port 0 for a free one
         * @return this
         */
        public Builder publicAddress(InetSocketAddress address) {
            publicAddress = address;
            return this;
        }

        /**
         * Sets where connectors come in: TLS. Default a free port of loopback; Cloudflare's own port is 7844.
         *
         * @param address port 0 for a free one
         * @return this
         */
        public Builder connectorAddress(InetSocketAddress address) {
            connectorAddress = address;
            return this;
        }

        /**
         * Opens the control listener, plain HTTP, for quick tunnels. Keep it on loopback: whoever reaches it may make
         * tunnels. Default none.
         *
         * @param address port 0 for a free one
         * @return this
         */
        public Builder controlAddress(InetSocketAddress address) {
            controlAddress = address;
            return this;
        }

        /**
         * Sets the domain below which quick tunnels are named. Default none: no quick tunnels.
         *
         * @param domain such as {@code localhost} or {@code tunnels.example.com}
         * @return this
         */
        public Builder quickDomain(String domain) {
            quickDomain = domain;
            return this;
        }

        /**
         * Sets the certificate for connectors. By default an authority and a certificate are made at start, see
         * {@link TunnelEdge#trust()}.
         *
         * @param certificateChain PEM file; the first certificate must be valid for {@code h2.cftunnel.com} and have a key
         *     that cloudflared can use (P-256 key exchange is always offered)
         * @param privateKey PEM file, PKCS#8, not encrypted
         * @return this
         */
        public Builder identity(Path certificateChain, Path privateKey) {
            identity = new EdgeSettings.Identity(certificateChain, privateKey);
            return this;
        }

        /**
         * Keeps the authority and the certificate that are made at the first start in a directory, and uses them again at
         * later ones, so that connectors recognise the edge after a restart. The files, readable by their owner only:
         * {@code authority.pem} (give it to connectors, as {@code TUNNEL_CACERT} or cloudflared's {@code --cacert}),
         * {@code certificate.pem} and {@code key.pem}. They are valid for a year; the authority's own key is kept nowhere.
         * Replaces {@link #identity}.
         *
         * @param directory made if it is not there
         * @return this
         */
        public Builder keepIdentityIn(Path directory) {
            identity = new EdgeSettings.Identity(
                    directory.resolve("certificate.pem"),
                    directory.resolve("key.pem"),
                    directory.resolve("authority.pem"));
            return this;
        }

        /**
         * Adds a tunnel that exists from the start, so that connectors find it again after a restart.
         *
         * @param credentials what its connectors register with
         * @param hostnames the names routed to it
         * @return this
         */
        public Builder tunnel(TunnelCredentials credentials, String... hostnames) {
            tunnels.add(new EdgeSettings.KnownTunnel(credentials, List.of(hostnames)));
            return this;
        }

        /**
         * Sets whether each tunnel gets a plain {@code http://127.0.0.1:port} address. Default false.
         *
         * @param value whether to open one listener for each tunnel
         * @return this
         */
        public Builder directUrls(boolean value) {
            directUrls = value;
            return this;
        }

        /**
         * Sets until when, from its TCP connect, a connector must have registered. Default 10 s.
         *
         * @param value more than zero
         * @return this
         */
        public Builder loginTimeout(Duration value) {
            loginTimeout = positive("loginTimeout", value);
            return this;
        }

        /**
         * Sets until when a response must have begun, before the visitor gets 504. Default 100 s.
         *
         * @param value more than zero
         * @return this
         */
        public Builder responseTimeout(Duration value) {
            responseTimeout = positive("responseTimeout", value);
            return this;
        }

        /**
         * Sets the grace period of {@link TunnelEdge#close()}. Default 30 s.
         *
         * @param value zero or more
         * @return this
         */
        public Builder gracePeriod(Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException("gracePeriod: " + value + " (expected: >= 0)");
            }
            gracePeriod = value;
            return this;
        }

        /**
         * Borrows event loops; they are not shut down. Default a group of the edge's own with one daemon thread a core.
         *
         * @param group an {@code io.netty.channel.EventLoopGroup}
         * @return this
         */
        public Builder eventLoops(ScheduledExecutorService group) {
            eventLoops = group;
            return this;
        }

        /**
         * Binds the listeners.
         *
         * @return the running edge
         * @throws TunnelException if a listener cannot be bound, a certificate not be used, or the implementation is
         *     missing
         */
        public TunnelEdge start() {
            return TunnelEdgeProvider.load()
                    .start(new EdgeSettings(
                            publicAddress,
                            connectorAddress,
                            controlAddress,
                            quickDomain,
                            identity,
                            tunnels,
                            directUrls,
                            loginTimeout,
                            responseTimeout,
                            gracePeriod,
                            eventLoops));
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
            return value;
        }
    }
}
