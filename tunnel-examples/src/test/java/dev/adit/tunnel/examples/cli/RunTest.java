package dev.adit.tunnel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.examples.RunningExample;
import dev.adit.tunnel.examples.Visitor;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process, joined to an edge of the test's. */
class RunTest {

    private static final int PATIENCE_SECONDS = 60;

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch slowRunning = new CountDownLatch(1);
    private final CountDownLatch slowMayEnd = new CountDownLatch(1);
    private TunnelEdge edge;
    private TunnelCredentials credentials;
    private HttpServer origin;

    @BeforeEach
    void start() throws Exception {
        origin = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        origin.setExecutor(threads);
        origin.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/slow")) {
                slowRunning.countDown();
                try {
                    slowMayEnd.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            byte[] answer = ("answer to " + exchange.getRequestURI()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        origin.start();
        edge = TunnelEdge.builder().start();
        credentials = edge.createTunnel("run");
        edge.route("app.test", credentials.tunnelId());
        edge.route("tcp.test", credentials.tunnelId());
        Files.writeString(
                folder.resolve("authority.pem"), pem(edge.trust().authorities().get(0)));
        Files.writeString(
                folder.resolve("credentials.json"),
                "{\"AccountTag\":\"" + credentials.accountTag() + "\",\"TunnelID\":\"" + credentials.tunnelId()
                        + "\",\"TunnelSecret\":\"" + Base64.getEncoder().encodeToString(credentials.secret()) + "\"}");
    }

    @AfterEach
    void stop() {
        edge.close(Duration.ZERO);
        origin.stop(0);
        threads.shutdownNow();
    }

    private static String pem(X509Certificate certificate) throws Exception {
        return "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    private URI url(String host) {
        return URI.create("http://" + host + ":" + edge.publicAddress().getPort() + "/");
    }

    private RunningExample run(Map<String, String> environment, String... arguments) throws IOException {
        return RunningExample.start("cli", List.of(), environment, List.of(arguments));
    }

    private Path config(String... more) throws IOException {
        return Files.writeString(
                folder.resolve("config.yml"),
                "tunnel: " + credentials.tunnelId() + "\n"
                        + "credentials-file: " + folder.resolve("credentials.json") + "\n"
                        + "edge: [\"127.0.0.1:" + edge.connectorAddress().getPort() + "\"]\n"
                        + "cacert: " + folder.resolve("authority.pem") + "\n"
                        + "protocol: http2\nno-autoupdate: true\n"
                        + String.join("", more)
                        + "ingress:\n"
                        + "  - hostname: app.test\n    path: ^/gone\n    service: http_status:410\n"
                        + "  - hostname: app.test\n    service: http://127.0.0.1:"
                        + origin.getAddress().getPort() + "\n"
                        + "  - hostname: tcp.test\n    service: http_status:200\n    originRequest:\n      access:\n"
                        + "        required: true\n        teamName: team\n        audTag: [audience]\n"
                        + "  - service: http_status:404\n");
    }

    @Test
    void aConfigurationOfCloudflaredsRunsUnchangedAndSigtermDrains() throws Exception {
        Path pid = folder.resolve("pid");
        Path config = config("metrics: 127.0.0.1:0\nloglevel: warn\npidfile: " + pid + "\n");
        try (RunningExample connector = run(Map.of(), "tunnel", "--config", config.toString(), "run")) {
            URI status = URI.create(connector.awaitLine("Status and metrics at (http://[^ ]+)"));
            connector.awaitLine("The tunnel " + credentials.tunnelId() + " runs");
            assertThat(Visitor.get(url("app.test"), "/x?y"))
                    .startsWith("HTTP/1.1 200")
                    .contains("answer to /x?y");
            assertThat(Visitor.get(url("app.test"), "/gone")).startsWith("HTTP/1.1 410");
            assertThat(Visitor.get(url("tcp.test"), "/")).startsWith("HTTP/1.1 403");
            assertThat(Visitor.get(status, "/ready")).startsWith("HTTP/1.1 200");
            assertThat(Files.readString(pid)).matches("\\d+\n");

            CompletableFuture<String> slow = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return Visitor.get(url("app.test"), "/slow");
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    threads);
            assertThat(slowRunning.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                    .orElseThrow()
                    .destroy();
            while (edge.tunnelState(credentials.tunnelId()).orElseThrow() != dev.adit.tunnel.TunnelState.DOWN) {
                Thread.onSpinWait();
            }
            slowMayEnd.countDown();
            assertThat(slow.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("answer to /slow");
            assertThat(connector.awaitLine("Drained .*")).contains("0 requests were cut");
        }
    }

    @Test
    void theCommandLineGoesBeforeTheEnvironmentAndThatBeforeTheFile() throws Exception {
        String dead = "127.0.0.1:1";
        Path config = Files.writeString(
                folder.resolve("config.yml"),
                "metrics: " + dead + "\nurl: http://127.0.0.1:1\ncacert: " + folder.resolve("authority.pem") + "\n");
        Map<String, String> environment = Map.of(
                "TUNNEL_TOKEN",
                credentials.toToken().reveal(),
                "TUNNEL_EDGE",
                "127.0.0.1:" + edge.connectorAddress().getPort(),
                "TUNNEL_METRICS",
                "127.0.0.1:0",
                "TUNNEL_URL",
                "http://127.0.0.1:2");
        try (RunningExample connector = run(
                environment,
                "tunnel",
                "--config",
                config.toString(),
                "run",
                "--url",
                "127.0.0.1:" + origin.getAddress().getPort())) {
            connector.awaitLine("The tunnel " + credentials.tunnelId() + " runs");
            assertThat(Visitor.get(url("app.test"), "/a")).contains("answer to /a");
            connector.stop();
        }
    }

    @Test
    void aRefusalEndsItWithItsReason() throws Exception {
        TunnelCredentials wrong = TunnelCredentials.of(credentials.accountTag(), credentials.tunnelId(), new byte[32]);
        try (RunningExample connector = run(
                Map.of(
                        "TUNNEL_TOKEN",
                        wrong.toToken().reveal(),
                        "TUNNEL_EDGE",
                        "127.0.0.1:" + edge.connectorAddress().getPort(),
                        "TUNNEL_CACERT",
                        folder.resolve("authority.pem").toString(),
                        "TUNNEL_METRICS",
                        "127.0.0.1:0"),
                "tunnel",
                "run",
                "--hello-world")) {
            connector.awaitLine("Registration refused|refused");
            assertThat(connector.awaitExit()).isEqualTo(1);
        }
    }

    @Test
    void theRulesAreCheckedInAProcessToo() throws Exception {
        try (RunningExample command = run(Map.of(), "tunnel", "--config", config().toString(), "ingress", "validate")) {
            command.awaitLine("Validating rules from .*config.yml");
            command.awaitLine("OK");
            assertThat(command.awaitExit()).isZero();
        }
        try (RunningExample command = run(
                Map.of("TUNNEL_URL", "http://localhost:9"),
                "tunnel",
                "--config",
                config().toString(),
                "ingress",
                "validate")) {
            command.awaitLine("You can't set the --url flag");
            assertThat(command.awaitExit()).isEqualTo(1);
        }
    }

    @Test
    void accessLeadsAPortAndStandardInputToATcpService() throws Exception {
        try (ServerSocket service = new ServerSocket(0, 8, InetAddress.getByName("127.0.0.1"))) {
            threads.execute(() -> echo(service));
            Path config = Files.writeString(
                    folder.resolve("tcp.yml"),
                    "edge: [\"127.0.0.1:" + edge.connectorAddress().getPort() + "\"]\ncacert: "
                            + folder.resolve("authority.pem") + "\nmetrics: 127.0.0.1:0\n");
            try (RunningExample connector = run(
                    Map.of("TUNNEL_TOKEN", credentials.toToken().reveal()),
                    "tunnel",
                    "--config",
                    config.toString(),
                    "run",
                    "--url",
                    "tcp://127.0.0.1:" + service.getLocalPort())) {
                connector.awaitLine("The tunnel " + credentials.tunnelId() + " runs");
                String[] access = {
                    "access",
                    "tcp",
                    "--hostname",
                    "http://tcp.test",
                    "--connect-to",
                    "127.0.0.1:" + edge.publicAddress().getPort()
                };
                throughAPort(access);
                throughStandardInput(access);
                connector.stop();
            }
        }
    }

    private void throughAPort(String[] access) throws Exception {
        String[] listening = java.util.Arrays.copyOf(access, access.length + 2);
        listening[access.length] = "--url";
        listening[access.length + 1] = "localhost:0";
        try (RunningExample running = run(Map.of(), listening)) {
            int port = Integer.parseInt(running.awaitLine("Listening on [^ ]*:(\\d+)\\."));
            try (Socket program = new Socket("localhost", port)) {
                program.setSoTimeout(PATIENCE_SECONDS * 1000);
                program.getOutputStream().write("by port".getBytes(StandardCharsets.US_ASCII));
                program.shutdownOutput();
                assertThat(program.getInputStream().readAllBytes()).asString().isEqualTo("by port");
            }
        }
    }

    private void throughStandardInput(String[] access) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.adit.tunnel.examples.cli.Main"));
        command.addAll(List.of(access));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            byte[] bytes = new byte[300_000];
            new java.util.Random(5).nextBytes(bytes);
            CompletableFuture<byte[]> back = CompletableFuture.supplyAsync(
                    () -> {
                        try (InputStream in = process.getInputStream()) {
                            return in.readAllBytes();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    threads);
            process.getOutputStream().write(bytes);
            process.getOutputStream().close();
            assertThat(back.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(bytes);
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private void echo(ServerSocket service) {
        try {
            while (true) {
                Socket socket = service.accept();
                threads.execute(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        // The test says what is missing.
                    }
                });
            }
        } catch (IOException e) {
            // Closed.
        }
    }
}
