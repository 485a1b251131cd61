package dev.adit.tunnel.netty.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.connector.status.Families;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.Visitor;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The local listeners of the genuine connector and of ours, behind one edge with one origin and the same visitors.
 * Skipped without the program: name it in CLOUDFLARED_BIN.
 */
@Timeout(180)
class StatusInteropTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Path binary;

    @BeforeEach
    void find() {
        Optional<Path> found = CloudflaredProcess.binary();
        assumeTrue(
                found.isPresent(),
                "SKIPPED: no cloudflared. Set CLOUDFLARED_BIN to the program or put it on the PATH to run this test.");
        binary = found.orElseThrow();
    }

    private static Visitor.Response ask(InetSocketAddress listener, String path) throws Exception {
        return Visitor.get(listener, "localhost", path);
    }

    /** Three requests: answered, not found, and one whose origin breaks off before it answers. */
    private static void visit(TunnelEdge edge, TunnelCredentials tunnel) throws Exception {
        URI url = edge.directUrl(tunnel.tunnelId()).orElseThrow();
        InetSocketAddress direct = new InetSocketAddress(url.getHost(), url.getPort());
        for (String path : new String[] {"/ok", "/missing", "/broken"}) {
            Visitor.get(direct, url.getAuthority(), path);
        }
    }

    @Test
    void bothSayTheSame() throws Exception {
        EventLog events = new EventLog();
        try (TunnelEdge edge = TunnelEdge.builder().directUrls(true).start();
                LocalOrigin origin = new LocalOrigin(exchange -> {
                    switch (exchange.getRequestURI().getPath()) {
                        case "/ok" -> LocalOrigin.respond(exchange, "ok");
                        case "/missing" -> exchange.sendResponseHeaders(404, -1);
                        default -> exchange.close();
                    }
                    exchange.close();
                })) {
            TunnelCredentials theirs = edge.createTunnel("genuine");
            TunnelCredentials ours = edge.createTunnel("ours");
            try (CloudflaredProcess genuine = CloudflaredProcess.start(
                            binary, folder, edge, theirs, new InetSocketAddress("127.0.0.1", origin.port()), 1);
                    Tunnel tunnel = TunnelClient.builder()
                            .credentials(ours)
                            .edge(edge)
                            .ingress(IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())))
                            .listener(events)
                            .statusListener(0)
                            .build()
                            .start()) {
                genuine.awaitRegistered();
                visit(edge, theirs);
                visit(edge, ours);
                events.await(RequestCompleted.class, 3);

                InetSocketAddress them = genuine.metricsAddress();
                InetSocketAddress us = tunnel.statusAddress().orElseThrow();
                for (String path :
                        new String[] {"/ready", "/healthcheck", "/quicktunnel", "/config", "/diag/tunnel", "/nope"}) {
                    Visitor.Response expected = ask(them, path);
                    Visitor.Response actual = ask(us, path);
                    assertThat(actual.status()).as(path).isEqualTo(expected.status());
                    assertThat(actual.header("content-type")).as(path).isEqualTo(expected.header("content-type"));
                    assertThat(withoutIds(actual.text())).as(path).isEqualTo(withoutIds(expected.text()));
                }
                compareFigures(them, us);
            }
        }
    }

    /** There is no ICMP here, and the number of slots is each one's own. */
    private static String withoutIds(String body) {
        return body.replaceAll("\"(tunnelID|connectorI[dD])\":\"[^\"]*\"", "\"$1\":\"\"")
                .replaceAll("\"readyConnections\":\\d+", "\"readyConnections\":1")
                .replaceAll(",?\\{\"isConnected\":true,\"edgeAddress\":\"127.0.0.1\",\"index\":\\d+}", "")
                .replaceAll(",\"icmp_sources\":\\[[^]]*]", "");
    }

    private static void compareFigures(InetSocketAddress them, InetSocketAddress us) throws Exception {
        Predicate<String> sameThing = series -> series.matches(
                "cloudflared_tunnel_(total_requests|concurrent_requests_per_tunnel|request_errors|response_by_code.*)");
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Families expected;
        do {
            // Its own counters move a moment after its answer is out.
            expected = Families.read(ask(them, "/metrics").text());
            assertThat(System.nanoTime()).isLessThan(deadline);
        } while (expected.samples().getOrDefault("cloudflared_tunnel_request_errors", 0.0) < 1
                || expected.samples().get("cloudflared_tunnel_concurrent_requests_per_tunnel") > 0);
        Visitor.Response answer = ask(us, "/metrics");
        Families actual = Families.read(answer.text());
        assertThat(answer.header("content-type"))
                .isEqualTo(ask(them, "/metrics").header("content-type"));
        assertThat(only(actual.samples(), sameThing)).isEqualTo(only(expected.samples(), sameThing));
        assertThat(expected.heads()).containsAllEntriesOf(actual.heads());
    }

    private static Map<String, Double> only(Map<String, Double> samples, Predicate<String> wanted) {
        Map<String, Double> left = new TreeMap<>(samples);
        left.keySet().removeIf(wanted.negate());
        return left;
    }
}
