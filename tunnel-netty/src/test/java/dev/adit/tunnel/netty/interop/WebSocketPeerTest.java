package dev.adit.tunnel.netty.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A WebSocket client and server that nobody here wrote, npm's {@code ws}, play the same 143 cases directly and through the
 * tunnel, and both ends must see the same. The cases are those of the Autobahn test suite in kind; the suite itself wants
 * Python 2. Skipped, visibly, without Node.js or where npm cannot fetch the package.
 */
@Timeout(300)
class WebSocketPeerTest {

    private static final String PACKAGE = "ws@8.18.3";
    private static final int CASES = 143;
    private static final long PATIENCE_SECONDS = 240;

    @TempDir
    private Path folder;

    private static boolean runs(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                return process.waitFor(100, TimeUnit.SECONDS) && process.exitValue() == 0;
            } finally {
                process.destroyForcibly().waitFor();
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** The folder that has the package, fetched once and kept with what the build makes. */
    private static Path modules() throws Exception {
        assumeTrue(runs("node", "--version"), "SKIPPED: no Node.js. Install node and npm to run this test.");
        Path kept = Path.of("target", "npm").toAbsolutePath();
        Files.createDirectories(kept);
        if (!Files.isDirectory(kept.resolve("node_modules/ws"))) {
            assumeTrue(
                    runs(
                            "npm",
                            "install",
                            "--no-audit",
                            "--no-fund",
                            "--no-save",
                            "--prefix",
                            kept.toString(),
                            PACKAGE),
                    "SKIPPED: npm cannot fetch " + PACKAGE
                            + ". Install npm and let it reach its registry to run this test.");
        }
        return kept.resolve("node_modules");
    }

    private Process node(Path modules, String... arguments) throws IOException {
        Path script = folder.resolve("websocket-cases.js");
        try (InputStream in = Optional.ofNullable(getClass().getResourceAsStream("/peers/websocket-cases.js"))
                .orElseThrow()) {
            Files.write(script, in.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of("node", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("WS_MODULES", modules.toString());
        return builder.start();
    }

    /** What the clients and the server saw, a line for each case. */
    private List<String> play(Path modules, String run, String url, String server) throws Exception {
        Process client = node(modules, "client", run, url, server);
        try {
            CompletableFuture<List<String>> output = CompletableFuture.supplyAsync(() -> {
                try (var lines = client.inputReader(StandardCharsets.UTF_8)) {
                    return lines.lines().toList();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            List<String> lines = output.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(lines).hasSize(CASES + 1).endsWith("END " + CASES);
            return lines;
        } finally {
            client.destroyForcibly().waitFor();
        }
    }

    @Test
    void bothEndsSeeThroughTheTunnelWhatTheySeeDirectly() throws Exception {
        Path modules = modules();
        Process server = node(modules, "server");
        try (var lines = server.inputReader(StandardCharsets.UTF_8);
                TunnelEdge edge = TunnelEdge.builder().directUrls(true).start()) {
            int port = Integer.parseInt(lines.readLine().substring("PORT ".length()));
            TunnelCredentials credentials = edge.createTunnel("websocket");
            try (Tunnel tunnel = TunnelClient.builder()
                    .credentials(credentials)
                    .edge(edge)
                    .ingress(IngressRule.otherwise(Origin.http("127.0.0.1", port)))
                    .build()
                    .start()) {
                String control = "http://127.0.0.1:" + port;
                String url = edge.directUrl(tunnel.id()).orElseThrow().toString();

                List<String> direct = play(modules, "direct", "ws://127.0.0.1:" + port, control);
                List<String> through =
                        play(modules, "tunnel", url.replace("http:", "ws:").replaceAll("/$", ""), control);

                assertThat(direct).noneMatch(line -> line.contains("TIMED OUT"));
                assertThat(String.join("\n", direct))
                        .contains("open permessage-deflate")
                        .contains("WS_ERR_INVALID_UTF8")
                        .contains("close 1006");
                assertThat(through).isEqualTo(direct);
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
    }
}
