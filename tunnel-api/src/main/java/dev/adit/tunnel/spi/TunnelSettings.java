package dev.adit.tunnel.spi;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelListener;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * What a client was built with, for the implementation. The meaning and default of each is that of the method of
 * {@link dev.adit.tunnel.TunnelClient.Builder} of the same name.
 *
 * @param credentials null to ask for a quick tunnel
 * @param edge the embedded edge to join, null for another
 * @param edgeAddresses where to dial; may be unresolved; empty to discover
 * @param edgeLink how many connections to keep, and how they are made
 * @param edgeTrust whom to trust at those addresses
 * @param quickService where to ask for a quick tunnel when {@code edge} is null
 * @param ingress the first rules
 * @param acceptRemoteConfiguration whether the edge may replace the rules
 * @param connectTimeout limit for TCP connect and again for the TLS handshake with the edge
 * @param registrationTimeout limit for the answer to a registration
 * @param gracePeriod for {@link dev.adit.tunnel.Tunnel#close()}
 * @param listeners told from the very start
 * @param handlerExecutor where handlers run, null for our own threads
 * @param eventLoops a borrowed event loop group, null for one of our own
 * @param closeOnShutdown whether to close the tunnel when the JVM shuts down
 * @param statusListener where to tell of the tunnel, null for nowhere
 * @param privateNetwork what private TCP streams may reach, null for none of them
 */
public record TunnelSettings(
        @Nullable TunnelCredentials credentials,
        @Nullable TunnelEdge edge,
        List<InetSocketAddress> edgeAddresses,
        EdgeLink edgeLink,
        EdgeTrust edgeTrust,
        URI quickService,
        Ingress ingress,
        boolean acceptRemoteConfiguration,
        Duration connectTimeout,
        Duration registrationTimeout,
        Duration gracePeriod,
        List<TunnelListener> listeners,
        @Nullable Executor handlerExecutor,
        @Nullable ScheduledExecutorService eventLoops,
        boolean closeOnShutdown,
        @Nullable InetSocketAddress statusListener,
        @Nullable PrivateNetwork privateNetwork) {

    /** Copies the lists. */
    public TunnelSettings {
        edgeAddresses = List.copyOf(edgeAddresses);
        listeners = List.copyOf(listeners);
    }
}
