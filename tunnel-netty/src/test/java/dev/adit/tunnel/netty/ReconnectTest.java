package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent.ConnectionLost;
import dev.adit.tunnel.event.TunnelEvent.ConnectionRegistered;
import dev.adit.tunnel.event.TunnelEvent.ReconnectScheduled;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.FaultProxy;
import dev.adit.tunnel.netty.pair.Visitor;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tunnel does when its connection is lost. */
class ReconnectTest {

    private static final int ROUNDS = 50;

    @Test
    void aConnectionThatIsClosedIsBackWithinHalfASecond() throws Exception {
        EventLog events = new EventLog();
        try (TunnelEdge edge = TunnelEdge.builder().start();
                FaultProxy proxy = new FaultProxy(edge.connectorAddress())) {
            TunnelCredentials credentials = edge.createTunnel("t");
            edge.route("app.test", credentials.tunnelId());
            try (Tunnel tunnel = TunnelClient.builder()
                    .credentials(credentials)
                    .edgeAddresses(proxy.address())
                    .edgeTrust(edge.trust())
                    .connections(1)
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .listener(events)
                    .build()
                    .start()) {
                List<Duration> gaps = new ArrayList<>();
                for (int round = 1; round <= ROUNDS; round++) {
                    // One that served nothing would count as a failed attempt, so that the wait grows.
                    assertThat(Visitor.get(edge.publicAddress(), "app.test", "/")
                                    .status())
                            .isEqualTo(204);
                    proxy.cut();
                    ConnectionLost lost = events.await(ConnectionLost.class, round);
                    ConnectionRegistered back = events.await(ConnectionRegistered.class, round + 1);
                    assertThat(lost.registered()).isTrue();
                    gaps.add(Duration.between(lost.at(), back.at()));
                }
                gaps.sort(null);
                assertThat(gaps.get(ROUNDS / 2)).isLessThan(Duration.ofMillis(500));
                assertThat(Visitor.get(edge.publicAddress(), "app.test", "/").status())
                        .isEqualTo(204);
                assertThat(tunnel.state()).isEqualTo(TunnelState.HEALTHY);
            }
        }
    }

    @Test
    void anEdgeThatIsStartedAgainGetsItsTunnelBack(@TempDir Path dir) throws Exception {
        TunnelCredentials credentials = TunnelCredentials.of("account", UUID.randomUUID(), new byte[32]);
        EventLog events = new EventLog();
        TunnelEdge first = edge(dir, credentials, free(), free());
        InetSocketAddress connectors = first.connectorAddress();
        InetSocketAddress visitors = first.publicAddress();
        try (Tunnel tunnel = TunnelClient.builder()
                .credentials(credentials)
                .edgeAddresses(connectors)
                .edgeTrust(EdgeTrust.only(dir.resolve("authority.pem")))
                .ingress(IngressRule.otherwise(Origin.status(204)))
                .listener(events)
                .build()
                .start()) {
            events.awaitState(TunnelState.HEALTHY);
            first.close(Duration.ZERO);
            events.awaitState(TunnelState.DOWN);
            events.await(ReconnectScheduled.class, 10);
            assertThat(tunnel.state()).isEqualTo(TunnelState.DOWN);
            try (TunnelEdge second = edge(dir, credentials, connectors, visitors)) {
                events.awaitState(TunnelState.HEALTHY);
                assertThat(Visitor.get(second.publicAddress(), "app.test", "/").status())
                        .isEqualTo(204);
            }
        }
    }

    @Test
    void closingWhileTheEdgeIsAwayEndsAtOnce() throws Exception {
        EventLog events = new EventLog();
        TunnelEdge edge = TunnelEdge.local();
        Tunnel tunnel = TunnelClient.builder()
                .edge(edge)
                .ingress(IngressRule.otherwise(Origin.status(204)))
                .listener(events)
                .build()
                .start();
        edge.close(Duration.ZERO);
        events.await(ReconnectScheduled.class, 1);
        assertThat(tunnel.close(Duration.ofSeconds(30)).took()).isLessThan(Duration.ofSeconds(20));
        assertThat(tunnel.state()).isEqualTo(TunnelState.CLOSED);
    }

    private static TunnelEdge edge(
            Path identity, TunnelCredentials credentials, InetSocketAddress connectors, InetSocketAddress visitors) {
        return TunnelEdge.builder()
                .keepIdentityIn(identity)
                .connectorAddress(connectors)
                .publicAddress(visitors)
                .tunnel(credentials, "app.test")
                .start();
    }

    private static InetSocketAddress free() {
        return new InetSocketAddress("127.0.0.1", 0);
    }
}
