package dev.adit.tunnel.netty.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelEvent.ConfigurationApplied;
import dev.adit.tunnel.event.TunnelEvent.ConnectionRegistered;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.FaultProxy;
import dev.adit.tunnel.netty.pair.Visitor;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a registry sees of a tunnel. */
class TunnelMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EventLog after = new EventLog();
    private TunnelEdge edge;
    private Tunnel tunnel;

    @BeforeEach
    void start() {
        edge = TunnelEdge.local();
        tunnel = TunnelClient.builder()
                .edge(edge)
                .ingress(
                        IngressRule.path("^/fail").to(Origin.handler(exchange -> {
                            throw new IllegalStateException("on purpose");
                        })),
                        IngressRule.otherwise(Origin.handler(exchange -> {
                            exchange.body().readAllBytes();
                            exchange.respond(200, "text/plain", "hello");
                        })))
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        tunnel.close(Duration.ZERO);
        edge.close(Duration.ZERO);
        registry.close();
    }

    @Test
    void requestsAreTimedByRuleStatusAndFailure() throws Exception {
        try (TunnelMetrics metrics = new TunnelMetrics(tunnel)) {
            metrics.bindTo(registry);
            tunnel.addListener(after);
            post("/a", "abc");
            post("/b", "abc");
            post("/fail", "");
            after.await(RequestCompleted.class, 3);

            assertThat(registry.get("adit.tunnel.requests")
                            .tags("rule", "1", "status", "2xx", "failure", "none")
                            .timer()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("adit.tunnel.requests")
                            .tags("rule", "0", "status", "5xx", "failure", "HANDLER_FAILED")
                            .timer()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("adit.tunnel.requests.bytes")
                            .tags("rule", "1")
                            .counter()
                            .count())
                    .isEqualTo(6);
            assertThat(registry.get("adit.tunnel.responses.bytes")
                            .tags("rule", "1")
                            .counter()
                            .count())
                    .isEqualTo(10);
            assertThat(registry.get("adit.tunnel.connections").gauge().value()).isGreaterThanOrEqualTo(1);
            assertThat(registry.get("adit.tunnel.state")
                            .tags("state", "HEALTHY")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            String host = tunnel.url().orElseThrow().getHost();
            assertThat(registry.getMeters())
                    .allSatisfy(meter ->
                            assertThat(values(meter)).noneMatch(value -> value.contains(host) || value.contains("/a")));
        }
    }

    @Test
    void aThousandHostsAddNoSeries() throws Exception {
        edge.route("*.many.test", tunnel.id());
        try (TunnelMetrics metrics = new TunnelMetrics(tunnel)) {
            metrics.bindTo(registry);
            tunnel.addListener(after);
            post("/a", "");
            after.await(RequestCompleted.class, 1);
            int before = registry.getMeters().size();
            int hosts = 1000;
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                for (int i = 0; i < hosts; i++) {
                    visitor.send("GET /p" + i + "?q=" + i + " HTTP/1.1\r\nHost: h" + i + ".many.test\r\n\r\n");
                    assertThat(visitor.read().status()).isEqualTo(200);
                }
            }
            after.await(RequestCompleted.class, 1 + hosts);
            assertThat(registry.getMeters()).hasSize(before);
            assertThat(registry.get("adit.tunnel.requests").timer().count()).isEqualTo(1 + hosts);
        }
    }

    @Test
    void connectionsAreToldByTheirIndexAndRulesByTheirNumber() throws Exception {
        try (FaultProxy proxy = new FaultProxy(edge.connectorAddress());
                Tunnel cut = TunnelClient.builder()
                        .credentials(edge.createTunnel("cut"))
                        .edgeAddresses(proxy.address())
                        .edgeTrust(edge.trust())
                        .connections(1)
                        .ingress(IngressRule.otherwise(Origin.status(204)))
                        .build()
                        .start();
                TunnelMetrics metrics = new TunnelMetrics(cut)) {
            metrics.bindTo(registry);
            cut.addListener(after);
            assertThat(count("adit.tunnel.connections.lost")).isZero();
            proxy.cut();
            after.await(ConnectionRegistered.class, 1);
            assertThat(count("adit.tunnel.connections.lost")).isEqualTo(1);
            assertThat(count("adit.tunnel.reconnects")).isEqualTo(1);
            assertThat(count("adit.tunnel.connections.registered")).isEqualTo(1);

            cut.updateIngress(IngressRule.otherwise(Origin.status(205)));
            after.await(ConfigurationApplied.class, 1);
            assertThat(registry.get("adit.tunnel.configurations").counter().count())
                    .isEqualTo(1);
        }
    }

    private double count(String meter) {
        return registry.get(meter).tags("connection", "0").counter().count();
    }

    @Test
    void closingTakesTheMetersOut() throws Exception {
        TunnelMetrics metrics = new TunnelMetrics(tunnel);
        metrics.bindTo(registry);
        tunnel.addListener(after);
        post("/a", "");
        after.await(RequestCompleted.class, 1);
        assertThat(registry.getMeters()).isNotEmpty();
        metrics.close();
        post("/a", "");
        after.await(RequestCompleted.class, 2);
        assertThat(registry.getMeters()).isEmpty();
    }

    private static List<String> values(Meter meter) {
        return meter.getId().getTags().stream().map(Tag::getValue).toList();
    }

    private void post(String path, String body) throws Exception {
        try (Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("POST " + path + "?token=x HTTP/1.1\r\nHost: "
                    + tunnel.url().orElseThrow().getAuthority() + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body);
            visitor.read();
        }
    }
}
