package dev.adit.tunnel.netty;

import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.connector.TunnelConnector;
import dev.adit.tunnel.netty.connector.dial.EdgeDiscovery;
import dev.adit.tunnel.netty.connector.dial.EdgeSource;
import dev.adit.tunnel.netty.connector.dial.SiteResolver;
import dev.adit.tunnel.netty.connector.dial.StaticEdges;
import dev.adit.tunnel.netty.connector.dial.WayOut;
import dev.adit.tunnel.netty.connector.status.StatusListener;
import dev.adit.tunnel.netty.connector.status.TunnelCounts;
import dev.adit.tunnel.spi.EdgeLink;
import dev.adit.tunnel.spi.TunnelSettings;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The start of one tunnel: credentials are found, threads made, the first connection registered. Whatever fails on the
 * way, nothing is left behind.
 */
final class TunnelStart {

    private TunnelStart() {}

    /** What to register with, and the address visitors use if it is known. */
    private record Identity(
            TunnelCredentials credentials, @Nullable URI url) {}

    static CompletableFuture<Tunnel> of(TunnelSettings settings) {
        CompletableFuture<Tunnel> started = new CompletableFuture<>();
        Thread starter = new Thread(
                () -> {
                    try {
                        connect(settings, identity(settings), started);
                    } catch (RuntimeException e) {
                        started.completeExceptionally(known(e));
                    }
                },
                "adit-start");
        starter.setDaemon(true);
        starter.start();
        return started;
    }

    private static Identity identity(TunnelSettings settings) {
        TunnelCredentials given = settings.credentials();
        if (given != null) {
            return new Identity(given, null);
        }
        TunnelEdge edge = settings.edge();
        QuickTunnel quick =
                edge == null ? new QuickTunnelRequest(settings.quickService()).send() : edge.createQuickTunnel();
        return new Identity(quick.credentials(), quick.url());
    }

    private static void connect(TunnelSettings settings, Identity identity, CompletableFuture<Tunnel> started) {
        TunnelResources resources = TunnelResources.of(settings);
        WayOut wayOut = settings.edge() == null
                ? WayOut.of(settings.edgeLink(), resources.resolver())
                : WayOut.straight(resources.resolver());
        TunnelConnector connector;
        try {
            connector = new TunnelConnector(
                    identity.credentials(),
                    new TunnelConnector.Edge(
                            source(settings, wayOut, resources),
                            wayOut,
                            settings.edgeLink(),
                            settings.edgeTrust(),
                            settings.connectTimeout(),
                            settings.registrationTimeout()),
                    new TunnelConnector.Rules(
                            settings.ingress(), settings.privateNetwork(), settings.acceptRemoteConfiguration()),
                    resources.loops(),
                    resources.origin(),
                    resources.events());
        } catch (RuntimeException e) {
            resources.close();
            throw e;
        }
        NettyTunnel tunnel;
        try {
            tunnel = tunnel(
                    settings, identity, connector, statusListener(settings, identity, connector, resources), resources);
        } catch (RuntimeException e) {
            tunnel(settings, identity, connector, null, resources).close(Duration.ZERO);
            throw e;
        }
        started.whenComplete((done, failure) -> {
            if (started.isCancelled()) {
                tunnel.close(Duration.ZERO);
            }
        });
        connector.start().whenComplete((registered, failure) -> {
            if (failure != null) {
                tunnel.closeOffLoop(() -> started.completeExceptionally(known(failure)));
            } else {
                if (settings.closeOnShutdown()) {
                    tunnel.closeOnShutdown();
                }
                started.complete(tunnel);
            }
        });
    }

    private static NettyTunnel tunnel(
            TunnelSettings settings,
            Identity identity,
            TunnelConnector connector,
            @Nullable StatusListener status,
            TunnelResources resources) {
        return new NettyTunnel(
                identity.credentials().tunnelId(),
                identity.url(),
                settings.gracePeriod(),
                connector,
                status,
                resources);
    }

    /** Opened before the first dial, so that whoever asks for readiness is told "not yet" and not refused. */
    private static @Nullable StatusListener statusListener(
            TunnelSettings settings, Identity identity, TunnelConnector connector, TunnelResources resources) {
        InetSocketAddress wanted = settings.statusListener();
        TunnelCounts counts = resources.counts();
        return wanted == null || counts == null
                ? null
                : StatusListener.open(
                        wanted, new TunnelStatus(identity.credentials().tunnelId(), identity.url(), connector), counts);
    }

    private static EdgeSource source(TunnelSettings settings, WayOut wayOut, TunnelResources resources) {
        TunnelEdge edge = settings.edge();
        EdgeLink link = settings.edgeLink();
        SiteResolver sites = new SiteResolver(resources.resolver(), link.edgeIpVersion(), wayOut);
        if (edge != null) {
            return new StaticEdges(List.of(edge.connectorAddress()), sites);
        }
        return settings.edgeAddresses().isEmpty()
                ? EdgeDiscovery.ofCloudflare(
                        link.region(), sites, wayOut, resources.loops().channel())
                : new StaticEdges(settings.edgeAddresses(), sites);
    }

    private static TunnelException known(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof TunnelException known
                ? known
                : new TunnelException("The tunnel could not be started: " + text(cause), cause);
    }

    /** What the edge in this JVM says is written for people; anything else is told with its kind. */
    private static String text(Throwable cause) {
        String message = cause.getMessage();
        return message != null && (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException)
                ? message
                : cause.toString();
    }
}
