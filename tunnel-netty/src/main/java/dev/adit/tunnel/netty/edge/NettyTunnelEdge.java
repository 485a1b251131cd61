package dev.adit.tunnel.netty.edge;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.netty.edge.acceptor.ConnectorListener;
import dev.adit.tunnel.netty.edge.certificate.EdgeIdentity;
import dev.adit.tunnel.netty.edge.control.ControlListener;
import dev.adit.tunnel.netty.edge.control.QuickNames;
import dev.adit.tunnel.netty.edge.front.FrontContext;
import dev.adit.tunnel.netty.edge.front.PublicListener;
import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.registry.TunnelStore;
import dev.adit.tunnel.netty.edge.router.HostRouter;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.spi.EdgeSettings;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running edge: tunnels, routes and addresses. Safe for use by several threads, none of them an event loop of its own. */
public final class NettyTunnelEdge implements TunnelEdge {

    private static final Logger LOG = LoggerFactory.getLogger(NettyTunnelEdge.class);
    private static final int SECRET_BYTES = 32;
    private static final int ACCOUNT_BYTES = 16;
    private static final int NAME_TRIES = 100;
    private static final int HTTP_PORT = 80;

    private final EdgeSettings settings;
    private final EdgeTrust trust;
    private final SecureRandom random = new SecureRandom();
    private final QuickNames quickNames = new QuickNames();
    private final TunnelStore store = new TunnelStore();
    private final TunnelRegistry registry = new TunnelRegistry();
    private final HostRouter router = new HostRouter();
    private final Map<UUID, Channel> directListeners = new ConcurrentHashMap<>();
    private final String accountTag = randomHex(ACCOUNT_BYTES);
    private final PublicListener front;
    private final EdgeLifecycle lifecycle;
    private final InetSocketAddress publicAddress;
    private final InetSocketAddress connectorAddress;
    private final @Nullable InetSocketAddress controlAddress;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<CloseReport> closed = new CompletableFuture<>();

    private NettyTunnelEdge(EdgeSettings settings, EdgeIdentity identity, EventLoops loops) {
        this.settings = settings;
        this.trust = EdgeTrust.only(identity.authorities());
        this.front = new PublicListener(
                loops, new FrontContext(router, registry, settings.responseTimeout(), "adit-" + randomHex(8)));
        ConnectorListener acceptor =
                new ConnectorListener(loops, identity.tls(), store, registry, settings.loginTimeout());
        ControlListener control = new ControlListener(loops, this::createQuickTunnel);
        this.lifecycle = new EdgeLifecycle(loops, front, acceptor, control);
        try {
            this.publicAddress = address(
                    lifecycle.opened(front.bind(settings.publicAddress(), null), settings.publicAddress(), "visitors"));
            this.connectorAddress = address(lifecycle.opened(
                    acceptor.bind(settings.connectorAddress()), settings.connectorAddress(), "connectors"));
            InetSocketAddress wanted = settings.controlAddress();
            this.controlAddress = wanted == null
                    ? null
                    : address(lifecycle.opened(control.bind(wanted), wanted, "quick tunnel calls"));
            for (EdgeSettings.KnownTunnel known : settings.tunnels()) {
                UUID id = known.credentials().tunnelId();
                add(
                        known.credentials(),
                        known.hostnames().isEmpty()
                                ? id.toString()
                                : known.hostnames().get(0));
                known.hostnames().forEach(hostname -> router.route(hostname, id));
            }
        } catch (RuntimeException e) {
            lifecycle.abandon();
            throw e;
        }
    }

    /**
     * Starts an edge.
     *
     * @param settings what to run
     * @return running, its listeners bound
     * @throws TunnelException if a listener cannot be bound or a certificate cannot be used
     */
    public static NettyTunnelEdge start(EdgeSettings settings) {
        EdgeSettings.Identity files = settings.identity();
        EdgeIdentity identity = files == null ? EdgeIdentity.made() : EdgeIdentity.read(files);
        EventLoops loops = settings.eventLoops() == null
                ? EventLoops.owned("adit-edge", Runtime.getRuntime().availableProcessors())
                : EventLoops.borrowed(settings.eventLoops());
        NettyTunnelEdge edge = new NettyTunnelEdge(settings, identity, loops);
        LOG.info("Edge open: visitors {}, connectors {}.", edge.publicAddress, edge.connectorAddress);
        return edge;
    }

    @Override
    public InetSocketAddress publicAddress() {
        return publicAddress;
    }

    @Override
    public InetSocketAddress connectorAddress() {
        return connectorAddress;
    }

    @Override
    public Optional<InetSocketAddress> controlAddress() {
        return Optional.ofNullable(controlAddress);
    }

    @Override
    public EdgeTrust trust() {
        return trust;
    }

    @Override
    public TunnelCredentials createTunnel(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: '' (expected: a name for people)");
        }
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        TunnelCredentials credentials = TunnelCredentials.of(accountTag, UUID.randomUUID(), secret);
        add(credentials, name);
        return credentials;
    }

    @Override
    public QuickTunnel createQuickTunnel() {
        String domain = settings.quickDomain();
        if (domain == null) {
            throw new IllegalStateException(
                    "This edge makes no quick tunnels: it has no domain to name them below. Build it"
                            + " with quickDomain(...), or use createTunnel and route.");
        }
        TunnelCredentials credentials = createTunnel("quick tunnel");
        for (int i = 0; i < NAME_TRIES; i++) {
            String hostname = quickNames.next() + "." + domain;
            if (router.routeIfFree(hostname, credentials.tunnelId())) {
                return new QuickTunnel(credentials, hostname, publicUrl(hostname));
            }
        }
        deleteTunnel(credentials.tunnelId());
        throw new TunnelException("No free name was found below " + domain + " in " + NAME_TRIES
                + " tries. Delete tunnels that are no longer used.");
    }

    private void add(TunnelCredentials credentials, String name) {
        if (closing.get()) {
            throw new IllegalStateException("The edge is closed, so it takes no tunnel. Start another edge.");
        }
        UUID id = credentials.tunnelId();
        store.add(credentials, name);
        if (settings.directUrls() && !directListeners.containsKey(id)) {
            InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            try {
                directListeners.put(id, lifecycle.opened(front.bind(anyPort, id), anyPort, "one tunnel's visitors"));
            } catch (TunnelException e) {
                store.remove(id);
                throw e;
            }
        }
    }

    @Override
    public void deleteTunnel(UUID tunnelId) {
        if (store.remove(tunnelId)) {
            router.removeTunnel(tunnelId);
            Channel direct = directListeners.remove(tunnelId);
            if (direct != null) {
                direct.close();
            }
            registry.connections(tunnelId).forEach(RegisteredConnection::close);
        }
    }

    @Override
    public void route(String hostname, UUID tunnelId) {
        if (!store.contains(tunnelId)) {
            throw new IllegalArgumentException("tunnelId: " + tunnelId + " (expected: a tunnel of this edge)");
        }
        router.route(hostname, tunnelId);
    }

    @Override
    public void unroute(String hostname) {
        router.unroute(hostname);
    }

    @Override
    public URI publicUrl(String hostname) {
        int port = publicAddress.getPort();
        return URI.create("http://" + hostname + (port == HTTP_PORT ? "" : ":" + port) + "/");
    }

    @Override
    public Optional<URI> directUrl(UUID tunnelId) {
        return Optional.ofNullable(directListeners.get(tunnelId))
                .map(listener ->
                        URI.create("http://127.0.0.1:" + address(listener).getPort() + "/"));
    }

    @Override
    public Optional<TunnelState> tunnelState(UUID tunnelId) {
        if (!store.contains(tunnelId)) {
            return Optional.empty();
        }
        boolean served = registry.connections(tunnelId).stream().anyMatch(RegisteredConnection::isUsable);
        return Optional.of(served ? TunnelState.HEALTHY : TunnelState.DOWN);
    }

    @Override
    public void close() {
        var unused = close(settings.gracePeriod());
    }

    @Override
    public CloseReport close(Duration grace) {
        if (closing.compareAndSet(false, true)) {
            LOG.info("Edge closing: up to {} ms for running requests.", grace.toMillis());
            closed.complete(lifecycle.close(grace));
        }
        return closed.join();
    }

    private String randomHex(int bytes) {
        byte[] value = new byte[bytes];
        random.nextBytes(value);
        return HexFormat.of().formatHex(value);
    }

    private static InetSocketAddress address(Channel listener) {
        return (InetSocketAddress) listener.localAddress();
    }
}
