package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.netty.connector.dial.EdgeAddresses;
import dev.adit.tunnel.netty.connector.dial.EdgeDialer;
import dev.adit.tunnel.netty.connector.dial.EdgeSource;
import dev.adit.tunnel.netty.connector.dial.EdgeTls;
import dev.adit.tunnel.netty.connector.dial.WayOut;
import dev.adit.tunnel.netty.connector.event.TunnelEvents;
import dev.adit.tunnel.netty.connector.serve.ActiveIngress;
import dev.adit.tunnel.netty.connector.serve.RemoteConfiguration;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.spi.EdgeLink;
import dev.adit.tunnel.spi.PrivateNetwork;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The connector of one running tunnel, put together: the rules, the dialer and the supervisor. Safe for use by several
 * threads. Borrows event loops and origin resources; closing them is for who made them.
 */
public final class TunnelConnector {

    private final ActiveIngress ingress;
    private final RemoteConfiguration configuration;
    private final TunnelEvents events;
    private final ConnectionSupervisor supervisor;
    private final ConnectorIdentity identity;

    /**
     * Where and how to join an edge.
     *
     * @param source says where the edge is
     * @param wayOut straight, or through a proxy
     * @param link how many connections to keep, and what to say of ourselves
     * @param trust whom to take for the edge
     * @param connectTimeout limit for TCP, for TLS, and for the edge's first stream, each
     * @param registrationTimeout limit for the answer to an RPC
     */
    public record Edge(
            EdgeSource source,
            WayOut wayOut,
            EdgeLink link,
            EdgeTrust trust,
            Duration connectTimeout,
            Duration registrationTimeout) {}

    /**
     * What is served.
     *
     * @param first until others come
     * @param privateNetwork what private TCP streams may reach, past the rules; null for none of them
     * @param fromEdge whether the edge may replace the first
     */
    public record Rules(Ingress first, @Nullable PrivateNetwork privateNetwork, boolean fromEdge) {}

    /**
     * Puts a connector together; nothing is opened yet.
     *
     * @param credentials what to register with
     * @param edge where to join
     * @param rules the first rules, whether the edge may send others, and what is served past them
     * @param loops what to run on
     * @param resources what origins need
     * @param events told what happens
     */
    public TunnelConnector(
            TunnelCredentials credentials,
            Edge edge,
            Rules rules,
            EventLoops loops,
            OriginResources resources,
            TunnelEvents events) {
        this.events = events;
        this.identity = ConnectorIdentity.of(edge.link());
        ActiveIngress active = new ActiveIngress(rules.first(), rules.privateNetwork(), resources);
        this.ingress = active;
        this.configuration = new RemoteConfiguration(rules.fromEdge(), next -> put(active, events, next));
        EdgeDialer dialer = new EdgeDialer(
                loops.channel(),
                new EdgeTls(edge.trust(), edge.connectTimeout()),
                edge.wayOut(),
                edge.connectTimeout());
        ConnectorContext context = new ConnectorContext(
                credentials,
                identity,
                new EdgeAddresses(edge.source()),
                dialer,
                ingress,
                configuration,
                events,
                ReceiveBudget.forThisJvm(),
                edge.connectTimeout(),
                edge.registrationTimeout());
        this.supervisor = new ConnectionSupervisor(context, edge.link().connections(), loops.group());
    }

    /**
     * Begins to connect.
     *
     * @return completes when the first connection is registered, exceptionally when that has failed
     */
    public CompletableFuture<Void> start() {
        return supervisor.start();
    }

    /**
     * Ends the connections and the pools.
     *
     * @param grace how long running requests may take
     * @return completes with what was cut
     */
    public CompletableFuture<List<CloseReport.CutRequest>> close(Duration grace) {
        configuration.close();
        return supervisor.close(grace).whenComplete((cut, failure) -> ingress.close());
    }

    /**
     * Replaces the rules.
     *
     * @param rules checked rules
     */
    public void updateIngress(Ingress rules) {
        put(ingress, events, rules);
    }

    private static void put(ActiveIngress ingress, TunnelEvents events, Ingress rules) {
        ingress.replace(rules);
        events.publish(new TunnelEvent.ConfigurationApplied(Instant.now(), rules));
    }

    /**
     * Returns which of the edge's configurations was applied last.
     *
     * @return its version; -1 if none was
     */
    public int configurationVersion() {
        return configuration.version();
    }

    /**
     * Returns the rules in force.
     *
     * @return the rules for new requests
     */
    public Ingress ingress() {
        return ingress.ingress();
    }

    /**
     * Returns who we are for the edge.
     *
     * @return the same for all connections of this tunnel
     */
    public UUID connectorId() {
        return identity.clientId();
    }

    /**
     * Returns what we run, as the edge is told.
     *
     * @return name and version
     */
    public String version() {
        return identity.version();
    }

    /**
     * Returns how the tunnel is doing.
     *
     * @return the state now
     */
    public TunnelState state() {
        return supervisor.state();
    }

    /**
     * Returns the registered connections.
     *
     * @return a snapshot
     */
    public List<ConnectionInfo> connections() {
        return supervisor.connections();
    }
}
