package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.CloseReport.CutRequest;
import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.edge.RawVisitor.Response;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The edge as a whole: addresses, quick tunnels, closing. */
@Timeout(60)
class EdgeTest {

    private static final String GET = "GET /a?b HTTP/1.1\r\nHost: app.test\r\n\r\n";

    @Test
    void aQuickTunnelIsMadeOverHttp() throws Exception {
        try (TunnelEdge edge = TunnelEdge.builder()
                        .quickDomain("localhost")
                        .controlAddress(new InetSocketAddress("127.0.0.1", 0))
                        .start();
                RawVisitor caller = new RawVisitor(edge.controlAddress().orElseThrow())) {
            Response made = caller.send("POST /tunnel HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                    .response();
            assertThat(made.status()).isEqualTo(200);
            assertThat(made.body())
                    .matches("\\{\"success\":true,\"errors\":\\[\\],\"result\":\\{\"id\":\"[0-9a-f-]{36}\",.*"
                            + "\"hostname\":\"[a-z]+-[a-z]+-[a-z]+\\.localhost\",\"account_tag\":\"[0-9a-f]{32}\","
                            + "\"secret\":\"[A-Za-z0-9+/]{43}=\".*");
            assertThat(caller.send("GET /tunnel HTTP/1.1\r\nHost: x\r\n\r\n")
                            .response()
                            .status())
                    .isEqualTo(405);
            assertThat(caller.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                            .response()
                            .status())
                    .isEqualTo(404);
            assertThat(caller.send(
                                    "POST /tunnel HTTP/1.1\r\nHost: x\r\nOrigin: http://evil\r\nContent-Length: 0\r\n\r\n")
                            .response()
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void aDirectAddressLeadsToItsTunnelWhateverTheHost() throws Exception {
        try (TunnelEdge edge = TunnelEdge.local()) {
            QuickTunnel tunnel = edge.createQuickTunnel();
            URI direct = edge.directUrl(tunnel.credentials().tunnelId()).orElseThrow();
            try (ScriptedConnector connector = ScriptedConnector.join(edge, tunnel.credentials());
                    RawVisitor visitor = new RawVisitor(new InetSocketAddress("127.0.0.1", direct.getPort()))) {
                connector.onRequest(call -> call.ok("ok"));
                assertThat(visitor.send(GET).response().body()).isEqualTo("ok");
                assertThat(connector.next().header(":authority")).isEqualTo("app.test");
            }
            edge.deleteTunnel(tunnel.credentials().tunnelId());
            assertThat(edge.directUrl(tunnel.credentials().tunnelId())).isEmpty();
        }
    }

    @Test
    void closingWaitsForRunningRequests() throws Exception {
        try (EdgeFixture fixture = new EdgeFixture();
                RawVisitor idle = fixture.visitor();
                RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = fixture.connectorCall(visitor.send(GET));
            CompletableFuture<CloseReport> closing =
                    CompletableFuture.supplyAsync(() -> fixture.edge.close(Duration.ofSeconds(20)));
            assertThat(idle.isAtEnd()).isTrue();
            call.ok("late");
            Response response = visitor.response();
            assertThat(response.body()).isEqualTo("late");
            // Not the header: this visitor's event loop may hear of the closing after that of the idle one.
            assertThat(visitor.isAtEnd()).isTrue();
            assertThat(closing.get(20, TimeUnit.SECONDS).isClean()).isTrue();
            fixture.connector.awaitClosed();
        }
    }

    @Test
    void closingReportsWhatItCut() throws Exception {
        try (EdgeFixture fixture = new EdgeFixture();
                RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = fixture.connectorCall(visitor.send(GET));
            call.head(200, false).data("abc", false);
            visitor.line();
            CloseReport report = fixture.edge.close(Duration.ofMillis(100));
            assertThat(report.cut()).containsExactly(new CutRequest("GET", "app.test", "/a", 3));
            assertThat(fixture.edge.close(Duration.ZERO)).isSameAs(report);
        }
    }

    @Test
    void anAddressInUseIsNamed() {
        try (TunnelEdge first = TunnelEdge.builder().start()) {
            assertThatThrownBy(() -> TunnelEdge.builder()
                            .publicAddress(first.publicAddress())
                            .start())
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining(first.publicAddress().toString())
                    .hasMessageContaining("Choose another address");
        }
    }
}
