package dev.adit.tunnel.netty.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stock cloudflared as a connector of our edge. Skipped without the program: name it in CLOUDFLARED_BIN. */
@Timeout(120)
class CloudflaredInteropTest {

    private static final int BULK = 64 * 1024 * 1024;
    private static final int SEED = 7;

    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final CountDownLatch slowRunning = new CountDownLatch(1);
    private final CountDownLatch slowMayEnd = new CountDownLatch(1);

    @TempDir
    private Path folder;

    private Path binary;
    private HttpServer origin;
    private TunnelEdge edge;
    private TunnelCredentials credentials;
    private HttpClient visitor;
    private URI url;

    @BeforeEach
    void start() throws Exception {
        Optional<Path> found = CloudflaredProcess.binary();
        assumeTrue(
                found.isPresent(),
                "SKIPPED: no cloudflared. Set CLOUDFLARED_BIN to the program or put it on the PATH to run this test.");
        binary = found.orElseThrow();
        origin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
        origin.createContext("/", this::serve);
        origin.setExecutor(workers);
        origin.start();
        edge = TunnelEdge.builder().directUrls(true).start();
        credentials = edge.createTunnel("interop");
        url = edge.directUrl(credentials.tunnelId()).orElseThrow();
        visitor = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(workers)
                .build();
    }

    @AfterEach
    void stop() {
        if (edge != null) {
            edge.close(Duration.ZERO);
            origin.stop(0);
        }
        workers.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            switch (exchange.getRequestURI().getPath()) {
                case "/down" -> {
                    exchange.sendResponseHeaders(200, BULK);
                    bulk().transferTo(exchange.getResponseBody());
                }
                case "/up" -> reply(exchange, sha256(exchange.getRequestBody()));
                case "/slow" -> {
                    slowRunning.countDown();
                    slowMayEnd.await(30, TimeUnit.SECONDS);
                    reply(exchange, "slow");
                }
                default -> reply(exchange, exchange.getRequestURI().toString());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reply(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static InputStream bulk() {
        byte[] block = new byte[1024 * 1024];
        new Random(SEED).nextBytes(block);
        return new InputStream() {
            private int position;

            @Override
            public int read() {
                return position == BULK ? -1 : block[position++ % block.length] & 0xFF;
            }

            @Override
            public int read(byte[] to, int offset, int length) {
                int from = position % block.length;
                int count = Math.min(Math.min(length, BULK - position), block.length - from);
                if (count == 0) {
                    return position == BULK ? -1 : 0;
                }
                System.arraycopy(block, from, to, offset, count);
                position += count;
                return count;
            }
        };
    }

    private static String sha256(InputStream in) throws IOException {
        try (DigestInputStream digest = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digest.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.getMessageDigest().digest());
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    private HttpRequest get(String path) {
        return HttpRequest.newBuilder(url.resolve(path)).build();
    }

    private CloudflaredProcess connector(int connections) throws Exception {
        CloudflaredProcess connector =
                CloudflaredProcess.start(binary, folder, edge, credentials, origin.getAddress(), connections);
        connector.awaitRegistered();
        return connector;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void registersAndServes(int connections) throws Exception {
        try (CloudflaredProcess connector = connector(connections)) {
            assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.HEALTHY);
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(visitor.sendAsync(get("/small/" + i), HttpResponse.BodyHandlers.ofString()));
            }
            for (int i = 0; i < answers.size(); i++) {
                HttpResponse<String> answer = answers.get(i).get(30, TimeUnit.SECONDS);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("/small/" + i);
            }
            HttpResponse<InputStream> down = visitor.send(get("/down"), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(sha256(down.body())).isEqualTo(sha256(bulk()));
            HttpRequest upload = HttpRequest.newBuilder(url.resolve("/up"))
                    .POST(HttpRequest.BodyPublishers.ofInputStream(CloudflaredInteropTest::bulk))
                    .build();
            assertThat(visitor.send(upload, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo(sha256(bulk()));
            connector.terminate();
            assertThat(connector.awaitExit()).isZero();
            assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
        }
    }

    @Test
    void shutsDownWithoutLosingARequest() throws Exception {
        try (CloudflaredProcess connector = connector(4)) {
            CompletableFuture<HttpResponse<String>> slow =
                    visitor.sendAsync(get("/slow"), HttpResponse.BodyHandlers.ofString());
            assertThat(slowRunning.await(20, TimeUnit.SECONDS)).isTrue();
            connector.terminate();
            while (edge.tunnelState(credentials.tunnelId()).orElseThrow() != TunnelState.DOWN) {
                Thread.onSpinWait();
            }
            assertThat(slow).isNotDone();
            slowMayEnd.countDown();
            assertThat(slow.get(20, TimeUnit.SECONDS).body()).isEqualTo("slow");
            assertThat(connector.awaitExit()).isZero();
        }
    }

    @Test
    void aWrongSecretIsRefusedAndEndsIt() throws Exception {
        TunnelCredentials wrong = TunnelCredentials.of(credentials.accountTag(), credentials.tunnelId(), new byte[32]);
        try (CloudflaredProcess connector =
                CloudflaredProcess.start(binary, folder, edge, wrong, origin.getAddress(), 2)) {
            // "Unauthorized" counts as transient there: it goes on asking and never serves.
            assertThat(visitor.send(get("/"), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(530);
            connector.terminate();
        }
        assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
    }
}
