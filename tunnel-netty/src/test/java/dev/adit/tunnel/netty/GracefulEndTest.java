package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginWebSocket;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import dev.adit.tunnel.netty.pair.WebSocketEcho;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** WebSockets when a tunnel closes with a grace period. */
class GracefulEndTest {

    private static final long PATIENCE_SECONDS = 60;

    /** Visitors are told a quarter of it before its end: this leaves them time to answer on a slow machine. */
    private static final Duration GRACE = Duration.ofSeconds(16);

    private TunnelEdge edge;

    @BeforeEach
    void startEdge() {
        edge = TunnelEdge.local();
    }

    @AfterEach
    void closeEdge() {
        edge.close(Duration.ZERO);
    }

    @Test
    void everyKindIsToldToGoAndGoes() throws Exception {
        CompletableFuture<String> handlerSaw = new CompletableFuture<>();
        try (WebSocketEcho relayed = new WebSocketEcho();
                ServerSocket service = new ServerSocket(0)) {
            CompletableFuture<Integer> serviceSaw = inBackground(() -> echoUntilEnd(service));
            Tunnel tunnel = TunnelClient.builder()
                    .edge(edge)
                    .ingress(
                            IngressRule.path("^/relayed").to(Origin.http("127.0.0.1", relayed.port())),
                            IngressRule.path("^/tcp").to(Origin.tcp("127.0.0.1", service.getLocalPort())),
                            IngressRule.otherwise(Origin.handler(exchange -> {
                                try (OriginWebSocket socket = exchange.acceptWebSocket(HeaderFields.empty())) {
                                    OriginWebSocket.Message message = socket.receive();
                                    while (message instanceof OriginWebSocket.Message.Binary binary) {
                                        socket.sendBinary(binary.data());
                                        message = socket.receive();
                                    }
                                    handlerSaw.complete("closed");
                                } catch (java.io.IOException e) {
                                    handlerSaw.complete(e.toString());
                                }
                            })))
                    .build()
                    .start();
            URI url = edge.directUrl(tunnel.id()).orElseThrow();
            Client toRelayed = new Client(url, "/relayed");
            Client toTcp = new Client(url, "/tcp");
            Client toHandler = new Client(url, "/handler");
            for (Client client : new Client[] {toRelayed, toTcp, toHandler}) {
                assertThat(client.echo("before")).isEqualTo("before");
            }
            CompletableFuture<CloseReport> closing = inBackground(() -> tunnel.close(GRACE));
            for (Client client : new Client[] {toRelayed, toTcp, toHandler}) {
                assertThat(client.closedWith.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isEqualTo(1001);
            }
            assertThat(closing.get(PATIENCE_SECONDS, TimeUnit.SECONDS).cut()).isEmpty();
            assertThat(relayed.closedWith().get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(1001);
            assertThat(serviceSaw.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(6);
            assertThat(handlerSaw.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("closed");
        }
    }

    @Test
    void aVisitorWhoDoesNotGoIsCutAndReported() throws Exception {
        try (WebSocketEcho relayed = new WebSocketEcho()) {
            Tunnel tunnel = TunnelClient.expose(relayed.port(), edge);
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("GET /chat?secret=1 HTTP/1.1\r\nHost: "
                        + tunnel.url().orElseThrow().getAuthority()
                        + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
                assertThat(visitor.read().status()).isEqualTo(101);
                CloseReport report = tunnel.close(Duration.ofSeconds(2));
                assertThat(report.cut())
                        .singleElement()
                        .satisfies(cut -> assertThat(cut.path()).isEqualTo("/chat"));
                assertThat(visitor.rest()).startsWith(0x88, 2, 0x03, 0xE9);
            }
        }
    }

    @Test
    void anOrdinaryRequestMayFinishAfterWebSocketsWereTold() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        try (WebSocketEcho relayed = new WebSocketEcho()) {
            Tunnel tunnel = TunnelClient.builder()
                    .edge(edge)
                    .ingress(
                            IngressRule.path("^/relayed").to(Origin.http("127.0.0.1", relayed.port())),
                            IngressRule.otherwise(Origin.handler(exchange -> {
                                told.await();
                                exchange.respond(200, "text/plain", "finished");
                            })))
                    .build()
                    .start();
            Client client = new Client(edge.directUrl(tunnel.id()).orElseThrow(), "/relayed");
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                visitor.send("GET /slow HTTP/1.1\r\nHost: "
                        + tunnel.url().orElseThrow().getAuthority() + "\r\n\r\n");
                assertThat(client.echo("hello")).isEqualTo("hello");
                CompletableFuture<CloseReport> closing = inBackground(() -> tunnel.close(GRACE));
                assertThat(client.closedWith.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isEqualTo(1001);
                told.countDown();
                assertThat(visitor.read().text()).isEqualTo("finished");
                assertThat(closing.get(PATIENCE_SECONDS, TimeUnit.SECONDS).cut())
                        .isEmpty();
            }
        }
    }

    /** On a thread of its own: the common pool may have only one, and these wait. */
    private static <T> CompletableFuture<T> inBackground(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, run -> {
            Thread thread = new Thread(run, "graceful-end");
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** Serves one connection; tells how many octets came before its end. */
    private static int echoUntilEnd(ServerSocket service) {
        try (Socket socket = service.accept()) {
            int total = 0;
            byte[] buffer = new byte[1024];
            for (int read = socket.getInputStream().read(buffer);
                    read > 0;
                    read = socket.getInputStream().read(buffer)) {
                total += read;
                socket.getOutputStream().write(buffer, 0, read);
            }
            return total;
        } catch (java.io.IOException e) {
            return -1;
        }
    }

    /** The JDK's WebSocket. */
    private static final class Client implements WebSocket.Listener {

        private final CompletableFuture<Integer> closedWith = new CompletableFuture<>();
        private final CompletableFuture<String> received = new CompletableFuture<>();
        private final WebSocket socket;

        Client(URI url, String path) throws Exception {
            URI target = URI.create("ws://" + url.getAuthority() + path);
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(target, this)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        String echo(String text) throws Exception {
            socket.sendBinary(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), true)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
            received.complete(StandardCharsets.UTF_8.decode(data).toString());
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            closedWith.complete(status);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closedWith.completeExceptionally(error);
        }
    }
}
