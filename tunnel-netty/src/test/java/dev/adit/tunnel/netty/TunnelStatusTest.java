package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent.ConnectionLost;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.connector.status.Families;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.FaultProxy;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a running tunnel tells on its local listener, held against what the genuine connector was recorded to tell. */
@Timeout(120)
class TunnelStatusTest {

    private static final List<String> PATHS =
            List.of("/ready", "/healthcheck", "/metrics", "/config", "/diag/tunnel", "/quicktunnel");

    private final EventLog events = new EventLog();

    private static Visitor.Response ask(Tunnel tunnel, String path) throws IOException {
        return Visitor.get(tunnel.statusAddress().orElseThrow(), "localhost", path);
    }

    private static Map<String, Double> samples(Tunnel tunnel) throws IOException {
        return Families.read(ask(tunnel, "/metrics").text()).samples();
    }

    private TunnelClient.Builder client() {
        return TunnelClient.builder().listener(events).statusListener(0);
    }

    private static String vector(String name) throws IOException {
        try (InputStream in = TunnelStatusTest.class.getResourceAsStream("/vectors/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void nothingListensUnlessItIsAskedFor() {
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = TunnelClient.expose(8080, edge)) {
            assertThat(tunnel.statusAddress()).isEmpty();
        }
    }

    @Test
    void aRegisteredTunnelAnswersAsTheGenuineConnectorDoes() throws IOException {
        try (TunnelEdge edge = TunnelEdge.builder().start()) {
            TunnelCredentials credentials = edge.createTunnel("t");
            try (Tunnel tunnel = client().credentials(credentials)
                    .edge(edge)
                    .ingress(IngressRule.otherwise(Origin.status(503)))
                    .build()
                    .start()) {
                assertThat(tunnel.statusAddress().orElseThrow().getAddress().isLoopbackAddress())
                        .isTrue();
                JsonText vectors = JsonText.of(vector("local-endpoints.json"));
                for (String path : List.of("/ready", "/healthcheck", "/quicktunnel", "/diag/tunnel", "/config")) {
                    Visitor.Response answer = ask(tunnel, path);
                    JsonText recorded = vectors.at(path);
                    assertThat(answer.status()).as(path).isEqualTo((int)
                            recorded.at("status").number());
                    assertThat(answer.header("content-type"))
                            .as(path)
                            .isEqualTo(recorded.at("contentType").text());
                    assertThat(shape(path, answer.text()))
                            .as(path)
                            .isEqualTo(shape(path, recorded.at("body").text()));
                }
                assertThat(ask(tunnel, "/diag/tunnel").text()).contains("\"tunnelID\":\"" + tunnel.id() + "\"");
            }
        }
    }

    /** Ids, versions and values aside. There is no ICMP here; slots may be many; the recorded rule has no defaults. */
    private static String shape(String path, String body) {
        if (path.equals("/healthcheck")) {
            return body;
        }
        String text = body.replaceAll("\"(tunnelID|connectorI[dD])\":\"[^\"]*\"", "\"$1\":\"\"")
                .replaceAll("\"readyConnections\":\\d+", "\"readyConnections\":1")
                .replaceAll(",?\\{\"isConnected\":true,\"edgeAddress\":\"127.0.0.1\",\"index\":\\d+}", "")
                .replaceAll(",\"icmp_sources\":\\[[^]]*]", "");
        return path.equals("/config")
                ? text.replaceAll("\"version\":-?\\d+", "\"version\":0")
                        .replaceAll("(Timeout|KeepAlive|Connections|Port)\":\\d+", "$1\":0")
                        .replaceAll("\"proxyAddress\":\"[^\"]*\"", "\"proxyAddress\":\"\"")
                : text;
    }

    @Test
    void seriesHaveTheNamesHelpAndLabelsOfTheGenuineOnes() throws Exception {
        Families recorded = Families.read(vector("metrics.txt"));
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = client().edge(edge)
                        .ingress(
                                IngressRule.path("^/gone").to(Origin.http("127.0.0.1", closedPort())),
                                IngressRule.path("^/made").to(Origin.status(201)),
                                IngressRule.otherwise(Origin.handler(exchange -> exchange.respond(204))))
                        .build()
                        .start()) {
            String host = tunnel.url().orElseThrow().getAuthority();
            for (String path : List.of("/gone", "/made", "/a", "/b?x=1")) {
                Visitor.get(edge.publicAddress(), host, path);
            }
            events.await(RequestCompleted.class, 4);
            Visitor.Response answer = ask(tunnel, "/metrics");
            assertThat(answer.header("content-type")).startsWith("text/plain; version=0.0.4; charset=utf-8");
            Families ours = Families.read(answer.text());
            assertThat(ours.heads())
                    .hasSizeGreaterThan(8)
                    .allSatisfy((family, head) -> assertThat(recorded.heads()).containsEntry(family, head));
            assertThat(ours.samples())
                    .containsEntry("cloudflared_tunnel_total_requests", 4.0)
                    .containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 0.0)
                    .containsEntry("cloudflared_tunnel_request_errors", 1.0)
                    .containsEntry("cloudflared_tunnel_response_by_code{status_code=\"201\"}", 1.0)
                    .containsEntry("cloudflared_tunnel_response_by_code{status_code=\"204\"}", 2.0)
                    .containsEntry("cloudflared_orchestration_config_version", 0.0)
                    .hasEntrySatisfying(
                            "cloudflared_tunnel_ha_connections",
                            n -> assertThat(n).isGreaterThanOrEqualTo(1))
                    .hasEntrySatisfying(
                            "cloudflared_tunnel_tunnel_register_success{rpcName=\"registerConnection\"}",
                            n -> assertThat(n).isGreaterThanOrEqualTo(1));
            assertThat(labelNames(ours)).isSubsetOf(labelNames(recorded));
            assertThat(answer.text()).doesNotContain(host).doesNotContain("/gone");
        }
    }

    /** Families with the names of their labels; only the runtime's version is called otherwise. */
    private static Set<String> labelNames(Families families) {
        return families.samples().keySet().stream()
                .map(series ->
                        series.replaceAll("=\"(?:[^\"\\\\]|\\\\.)*\"", "").replace("javaversion", "goversion"))
                .collect(Collectors.toSet());
    }

    private static int closedPort() throws IOException {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return closed.getLocalPort();
        }
    }

    @Test
    void aTunnelThatLostItsEdgeIsNotReady() throws Exception {
        try (TunnelEdge edge = TunnelEdge.builder().start();
                FaultProxy proxy = new FaultProxy(edge.connectorAddress());
                Tunnel tunnel = client().credentials(edge.createTunnel("t"))
                        .edgeAddresses(proxy.address())
                        .edgeTrust(edge.trust())
                        .ingress(IngressRule.otherwise(Origin.status(204)))
                        .build()
                        .start()) {
            assertThat(ask(tunnel, "/ready").status()).isEqualTo(200);
            proxy.close();
            events.await(ConnectionLost.class, 1);
            awaitStatus(tunnel, 503);
            assertThat(ask(tunnel, "/healthcheck").status()).isEqualTo(200);
            assertThat(ask(tunnel, "/ready").text()).startsWith("{\"status\":503,\"readyConnections\":0,");
            assertThat(samples(tunnel)).containsEntry("cloudflared_tunnel_ha_connections", 0.0);
        }
    }

    private static void awaitStatus(Tunnel tunnel, int status) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (ask(tunnel, "/ready").status() != status) {
            assertThat(System.nanoTime()).as("still not " + status).isLessThan(deadline);
        }
    }

    @Test
    void aTunnelThatDrainsIsNotReady() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = client().edge(edge)
                        .ingress(IngressRule.otherwise(Origin.handler(exchange -> {
                            asked.countDown();
                            mayEnd.await(60, TimeUnit.SECONDS);
                            exchange.respond(204);
                        })))
                        .build()
                        .start();
                Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("GET / HTTP/1.1\r\nHost: " + tunnel.url().orElseThrow().getAuthority() + "\r\n\r\n");
            assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(samples(tunnel)).containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 1.0);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> tunnel.close(Duration.ofSeconds(60)));
            awaitStatus(tunnel, 503);
            mayEnd.countDown();
            assertThat(visitor.read().status()).isEqualTo(204);
            closing.get(60, TimeUnit.SECONDS);
            assertThatThrownBy(() -> ask(tunnel, "/ready")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void visitorsWhoLeaveAreNotCountedAsRunningAnyMore() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = client().edge(edge)
                        .ingress(IngressRule.otherwise(Origin.handler(exchange -> {
                            asked.countDown();
                            mayEnd.await(60, TimeUnit.SECONDS);
                        })))
                        .build()
                        .start()) {
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send(
                        "GET / HTTP/1.1\r\nHost: " + tunnel.url().orElseThrow().getAuthority() + "\r\n\r\n");
                assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
            }
            events.await(RequestCompleted.class, 1);
            assertThat(samples(tunnel))
                    .containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 0.0)
                    .containsEntry("cloudflared_tunnel_request_errors", 0.0);
            mayEnd.countDown();
        }
    }

    @Test
    void noPageShowsASecret() throws Exception {
        try (TunnelEdge edge = TunnelEdge.builder().start()) {
            TunnelCredentials credentials = edge.createTunnel("t");
            try (Tunnel tunnel = client().credentials(credentials)
                    .edge(edge)
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .build()
                    .start()) {
                byte[] secret = credentials.secret();
                String base64 = Base64.getEncoder().withoutPadding().encodeToString(secret);
                String forUrls = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
                String token = credentials.toToken().reveal();
                for (String path : PATHS) {
                    Visitor.Response page = ask(tunnel, path);
                    assertThat(page.headers() + page.text())
                            .as(path)
                            .doesNotContain(base64)
                            .doesNotContain(forUrls)
                            .doesNotContain(token)
                            .doesNotContainIgnoringCase(HexFormat.of().formatHex(secret))
                            .doesNotContain(new String(secret, StandardCharsets.ISO_8859_1));
                }
            }
        }
    }

    @Test
    void everySettingIsShown() throws Exception {
        OriginOptions options = OriginOptions.builder()
                .connectTimeout(Duration.ofMillis(1500))
                .httpHostHeader("a\"b.test")
                .noTlsVerify(true)
                .responseTimeout(Duration.ofSeconds(7))
                .access(AccessPolicy.required("team", "aud1", "aud2"))
                .build();
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = client().edge(edge)
                        .ingress(
                                IngressRule.host("*.app.test")
                                        .path("^/v[0-9]+/\"")
                                        .to(Origin.https("10.0.0.5", 8443))
                                        .with(options),
                                IngressRule.host("jump.test").to(Origin.bastion(IpRule.allow("10.0.0.0/8", 22, 23))),
                                IngressRule.otherwise(Origin.status(404)))
                        .build()
                        .start()) {
            JsonText config = JsonText.of(ask(tunnel, "/config").text());
            assertThat(config.at("version").number()).isEqualTo(-1);
            JsonText first = config.at("config").at("ingress").at("0");
            assertThat(first.at("hostname").text()).isEqualTo("*.app.test");
            assertThat(first.at("path").text()).isEqualTo("^/v[0-9]+/\"");
            assertThat(first.at("service").text()).isEqualTo("https://10.0.0.5:8443");
            assertThat(first.at("originRequest").at("connectTimeout").number()).isEqualTo(1.5);
            assertThat(first.at("originRequest").at("responseTimeout").number()).isEqualTo(7);
            assertThat(first.at("originRequest").at("httpHostHeader").text()).isEqualTo("a\"b.test");
            assertThat(first.at("originRequest")
                            .at("access")
                            .at("audTag")
                            .at("1")
                            .text())
                    .isEqualTo("aud2");
            JsonText second = config.at("config").at("ingress").at("1");
            assertThat(second.at("service").text()).isEqualTo("bastion");
            JsonText rule = second.at("originRequest").at("ipRules").at("0");
            assertThat(rule.at("prefix").text()).isEqualTo("10.0.0.0/8");
            assertThat(rule.at("ports").at("1").number()).isEqualTo(23);

            tunnel.updateIngress(IngressRule.otherwise(Origin.status(418)));
            assertThat(ask(tunnel, "/config").text())
                    .contains("http_status:418")
                    .doesNotContain("10.0.0.5");
        }
    }

    @Test
    void aPortInUseEndsTheStartAndLeavesNothing() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                TunnelEdge edge = TunnelEdge.local()) {
            Set<Thread> before = ours();
            TunnelClient client = TunnelClient.builder()
                    .edge(edge)
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .statusListener(new InetSocketAddress("127.0.0.1", taken.getLocalPort()))
                    .build();
            assertThatThrownBy(client::start)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageStartingWith(
                            "The status listener cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": ");
            Set<Thread> left = ours();
            left.removeAll(before);
            for (Thread thread : left) {
                thread.join(TimeUnit.SECONDS.toMillis(30));
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }

    private static Set<Thread> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("adit-"))
                .collect(Collectors.toSet());
    }
}
