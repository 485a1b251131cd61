package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent.ConfigurationApplied;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Visitor, edge, connector and origin, as an application has them. */
class EndToEndTest {

    private TunnelEdge edge;

    @BeforeEach
    void startEdge() {
        edge = TunnelEdge.local();
    }

    @AfterEach
    void closeEdge() {
        edge.close(Duration.ZERO);
    }

    @Nested
    class Exposing {

        @Test
        void aPortIsReachableByNameAndByPlainAddress() throws Exception {
            try (LocalOrigin origin = LocalOrigin.saying("hello");
                    Tunnel tunnel = TunnelClient.expose(origin.port(), edge)) {
                URI url = tunnel.url().orElseThrow();
                assertThat(url.getHost()).matches("[a-z]+-[a-z]+.*\\.localhost");
                assertThat(Visitor.get(edge.publicAddress(), url.getAuthority(), "/")
                                .text())
                        .isEqualTo("hello");

                URI direct = edge.directUrl(tunnel.id()).orElseThrow();
                InetSocketAddress directAddress = new InetSocketAddress(direct.getHost(), direct.getPort());
                assertThat(Visitor.get(directAddress, direct.getAuthority(), "/")
                                .text())
                        .isEqualTo("hello");
                assertThat(tunnel.state()).isEqualTo(TunnelState.HEALTHY);
                assertThat(tunnel.connections()).hasSize(1);
                assertThat(edge.tunnelState(tunnel.id())).contains(TunnelState.HEALTHY);
            }
        }

        @Test
        void theQuickTunnelServiceOfAnEdgeAnswersTheClient() throws Exception {
            try (TunnelEdge own = TunnelEdge.builder()
                            .quickDomain("tunnels.test")
                            .controlAddress(new InetSocketAddress("127.0.0.1", 0))
                            .start();
                    Tunnel tunnel = TunnelClient.builder()
                            .quickService(URI.create("http://127.0.0.1:"
                                    + own.controlAddress().orElseThrow().getPort()))
                            .edgeAddresses(own.connectorAddress())
                            .edgeTrust(own.trust())
                            .ingress(IngressRule.otherwise(Origin.status(204)))
                            .build()
                            .start()) {
                String host = tunnel.url().orElseThrow().getHost();
                assertThat(host).endsWith(".tunnels.test");
                assertThat(Visitor.get(own.publicAddress(), host, "/").status()).isEqualTo(204);
            }
        }

        @Test
        void aBigBodyGoesBothWaysUnchanged() throws Exception {
            byte[] body = new byte[24 * 1024 * 1024];
            new Random(1).nextBytes(body);
            try (LocalOrigin origin = new LocalOrigin(exchange -> {
                        byte[] received = exchange.getRequestBody().readAllBytes();
                        exchange.getResponseHeaders().add("X-Received", sha256(received));
                        exchange.sendResponseHeaders(200, 0);
                        exchange.getResponseBody().write(received);
                        exchange.close();
                    });
                    Tunnel tunnel = TunnelClient.expose(origin.port(), edge);
                    Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("POST /up HTTP/1.1\r\nHost: " + host(tunnel) + "\r\nContent-Length: " + body.length
                        + "\r\n\r\n");
                CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                    try {
                        visitor.send(body);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                Visitor.Response response = visitor.read();
                sent.join();
                assertThat(response.header("x-received")).isEqualTo(sha256(body));
                assertThat(Arrays.equals(response.body(), body)).isTrue();
            }
        }
    }

    @Nested
    class Handlers {

        @Test
        void anAppWithoutAnySocketIsReachable() throws Exception {
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                String body = new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8);
                exchange.respond(
                        201,
                        "text/plain",
                        exchange.request().method() + exchange.request().target() + body);
            })))) {
                try (Visitor visitor = new Visitor(edge.publicAddress())) {
                    visitor.send("PUT /a%20b?c=%2F HTTP/1.1\r\nHost: " + host(tunnel)
                            + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
                    Visitor.Response response = visitor.read();
                    assertThat(response.status()).isEqualTo(201);
                    assertThat(response.text()).isEqualTo("PUT/a%20b?c=%2Fabc");
                }
            }
        }

        @Test
        void whatIsWrittenArrivesBeforeTheEnd() throws Exception {
            CountDownLatch firstSeen = new CountDownLatch(1);
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                        try (OutputStream out =
                                exchange.respond(200, HeaderFields.of("Content-Type", "text/event-stream"))) {
                            out.write("data: 1\n\n".getBytes(StandardCharsets.US_ASCII));
                            out.flush();
                            firstSeen.await();
                            out.write("data: 2\n\n".getBytes(StandardCharsets.US_ASCII));
                        }
                    })));
                    Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
                while (!visitor.line().equals("data: 1")) {
                    // Head and chunk size.
                }
                firstSeen.countDown();
                while (!visitor.line().equals("data: 2")) {
                    // The rest of the first event, the next chunk size.
                }
            }
        }

        @Test
        void earlyHintsReachTheVisitor() throws Exception {
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                        exchange.inform(103, HeaderFields.of("Link", "</a.css>; rel=preload"));
                        exchange.respond(200);
                    })));
                    Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
                Visitor.Response hints = visitor.read();
                assertThat(hints.status()).isEqualTo(103);
                assertThat(hints.header("link")).isEqualTo("</a.css>; rel=preload");
                assertThat(visitor.read().status()).isEqualTo(200);
            }
        }

        @Test
        void aVisitorWhoLeavesCancelsTheHandler() throws Exception {
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                exchange.onCancel(() -> cancelled.complete(exchange.isCancelled()));
                begun.countDown();
                cancelled.get();
            })))) {
                try (Visitor visitor = new Visitor(edge.publicAddress())) {
                    visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
                    begun.await();
                }
                assertThat(cancelled.get(10, java.util.concurrent.TimeUnit.SECONDS))
                        .isTrue();
                assertThat(tunnel.state()).isEqualTo(TunnelState.HEALTHY);
            }
        }

        @Test
        void aHandlerThatThrowsFailsItsOwnRequestOnly() throws Exception {
            EventLog events = new EventLog();
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                if (exchange.request().path().equals("/bad")) {
                    throw new IllegalStateException("canary");
                }
                exchange.respond(200);
            })))) {
                tunnel.addListener(events);
                Visitor.Response failed = Visitor.get(edge.publicAddress(), host(tunnel), "/bad");
                assertThat(failed.status()).isEqualTo(500);
                assertThat(failed.text()).doesNotContain("canary");
                assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/good")
                                .status())
                        .isEqualTo(200);
                assertThat(events.await(RequestCompleted.class, 1).failure()).isEqualTo(OriginFailure.HANDLER_FAILED);
                RequestCompleted good = events.await(RequestCompleted.class, 2);
                assertThat(good.failure()).isNull();
                assertThat(good.status()).isEqualTo(200);
                assertThat(good.target()).isEqualTo("/good");
            }
        }
    }

    @Nested
    class Failing {

        @Test
        void anOriginThatIsDownIsA502AndBackWithoutARestart() throws Exception {
            int port = closedPort();
            EventLog events = new EventLog();
            try (Tunnel tunnel = TunnelClient.expose(port, edge)) {
                tunnel.addListener(events);
                assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/").status())
                        .isEqualTo(502);
                assertThat(events.await(RequestCompleted.class, 1).failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
                assertThat(tunnel.connections()).hasSize(1);
                try (LocalOrigin origin = new LocalOrigin(port, exchange -> LocalOrigin.respond(exchange, "back"))) {
                    assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/")
                                    .text())
                            .isEqualTo("back");
                }
            }
        }

        @Test
        void wrongCredentialsFailTheStartWithTheReason() {
            QuickTunnel quick = edge.createQuickTunnel();
            byte[] wrong = quick.credentials().secret();
            wrong[0] ^= 1;
            TunnelClient client = TunnelClient.builder()
                    .credentials(TunnelCredentials.of(
                            quick.credentials().accountTag(),
                            quick.credentials().tunnelId(),
                            wrong))
                    .edge(edge)
                    .ingress(IngressRule.otherwise(Origin.status(200)))
                    .build();
            assertThatThrownBy(client::start)
                    .isInstanceOf(RegistrationException.class)
                    .hasMessageContaining(quick.credentials().tunnelId().toString())
                    .hasMessageContaining("nauthorized")
                    .hasMessageContaining("fetch a new token");
        }

        @Test
        void anEdgeThatDoesNotRunFailsTheStartWithItsAddress() throws Exception {
            int port = closedPort();
            TunnelClient client = TunnelClient.builder()
                    .credentials(edge.createTunnel("t"))
                    .edgeAddresses(InetSocketAddress.createUnresolved("127.0.0.1", port))
                    .ingress(IngressRule.otherwise(Origin.status(200)))
                    .build();
            assertThatThrownBy(client::start)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("127.0.0.1:" + port);
        }

        @Test
        void anEdgeThatCannotProveItselfIsRefused() {
            TunnelClient client = TunnelClient.builder()
                    .credentials(edge.createTunnel("t"))
                    .edgeAddresses(edge.connectorAddress())
                    .ingress(IngressRule.otherwise(Origin.status(200)))
                    .build();
            assertThatThrownBy(client::start)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("h2.cftunnel.com")
                    .hasMessageContaining("edgeTrust");
        }

        @Test
        void withoutAnAddressTheStartSaysSo() {
            TunnelClient client = TunnelClient.builder()
                    .credentials(edge.createTunnel("t"))
                    .ingress(IngressRule.otherwise(Origin.status(200)))
                    .build();
            assertThatThrownBy(client::start)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("TUNNEL_EDGE");
        }
    }

    @Nested
    class Closing {

        @Test
        void runningRequestsFinishAndNewOnesFindNoConnector() throws Exception {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch mayFinish = new CountDownLatch(1);
            Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                begun.countDown();
                mayFinish.await();
                exchange.respond(200, "text/plain", "finished");
            })));
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                String host = host(tunnel);
                visitor.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
                begun.await();
                EventLog events = new EventLog();
                tunnel.addListener(events);
                CompletableFuture<CloseReport> closing =
                        CompletableFuture.supplyAsync(() -> tunnel.close(Duration.ofSeconds(30)));
                events.await(dev.adit.tunnel.event.TunnelEvent.StateChanged.class, 1);
                mayFinish.countDown();
                assertThat(visitor.read().text()).isEqualTo("finished");
                assertThat(closing.get().isClean()).isTrue();
                assertThat(tunnel.state()).isEqualTo(TunnelState.CLOSED);
                tunnel.awaitClosed();
                assertThat(Visitor.get(edge.publicAddress(), host, "/").status())
                        .isEqualTo(530);
            }
        }

        @Test
        void whatIsCutIsReportedAndVisible() throws Exception {
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Void> never = new CompletableFuture<>();
            Tunnel tunnel = start(IngressRule.otherwise(Origin.handler(exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    out.write(new byte[10]);
                    out.flush();
                    begun.countDown();
                    exchange.onCancel(() -> never.complete(null));
                    never.get();
                }
            })));
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("GET /slow?secret=1 HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
                begun.await();
                while (!visitor.line().isEmpty()) {
                    // Head.
                }
                CloseReport report = tunnel.close(Duration.ofMillis(50));
                assertThat(report.cut()).singleElement().satisfies(cut -> {
                    assertThat(cut.path()).isEqualTo("/slow");
                    assertThat(cut.responseBytes()).isEqualTo(10);
                });
                assertThat(new String(visitor.rest(), StandardCharsets.US_ASCII))
                        .doesNotContain("\r\n0\r\n");
            }
        }

        @Test
        void rulesChangeAtOnce() throws Exception {
            EventLog events = new EventLog();
            try (Tunnel tunnel = start(IngressRule.otherwise(Origin.status(201)))) {
                tunnel.addListener(events);
                assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/").status())
                        .isEqualTo(201);
                tunnel.updateIngress(IngressRule.otherwise(Origin.status(202)));
                assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/").status())
                        .isEqualTo(202);
                OriginOptions noFile = OriginOptions.builder()
                        .caPool(Path.of("/no/such/authority.pem"))
                        .build();
                assertThatThrownBy(() -> tunnel.updateIngress(IngressRule.otherwise(Origin.https("localhost", 1))
                                .with(noFile)))
                        .isInstanceOf(TunnelException.class)
                        .hasMessageContaining("/no/such/authority.pem");
                assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/").status())
                        .isEqualTo(202);
                assertThat(events.await(ConfigurationApplied.class, 1).ingress().rules())
                        .hasSize(1);
            }
        }
    }

    private Tunnel start(IngressRule... rules) {
        return TunnelClient.builder().edge(edge).ingress(rules).build().start();
    }

    private static String host(Tunnel tunnel) {
        return tunnel.url().orElseThrow().getAuthority();
    }

    private static int closedPort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
