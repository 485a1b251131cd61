package dev.adit.tunnel.examples.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.adit.tunnel.examples.RunningExample;
import dev.adit.tunnel.examples.Visitor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples {@code edge} and {@code connector}, two processes. */
class EdgeAndConnectorTest {

    @TempDir
    Path dir;

    private HttpServer service;

    @BeforeEach
    void startService() throws Exception {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            byte[] body = ("asked for " + exchange.getRequestURI()).getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        service.start();
    }

    @AfterEach
    void stopService() {
        service.stop(0);
    }

    @Test
    void connectorJoinsWithTheFilesThatTheEdgeWrote() throws Exception {
        try (RunningExample edge = edge(0, 0)) {
            URI url = URI.create(edge.awaitLine("Visitors: +(http://\\S+)"));
            int port = Integer.parseInt(edge.awaitLine("Connectors: +127\\.0\\.0\\.1:(\\d+)"));
            try (RunningExample connector = connector(port)) {
                connector.awaitLine("Requests go to http://localhost:");
                assertThat(Visitor.get(url, "/there?x=1"))
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("asked for /there?x=1");
                connector.awaitLine("GET +/there  200");
                assertThat(connector.stop()).contains("0 cut; 1 requests in all.");
            }
            assertThat(Visitor.get(url, "/")).startsWith("HTTP/1.1 530 ");
            assertThat(edge.stop()).endsWith("0 cut.");
        }
    }

    @Test
    void connectorComesBackToAnEdgeThatWasStartedAgain() throws Exception {
        int port;
        RunningExample first = edge(0, 0);
        URI url = URI.create(first.awaitLine("Visitors: +(http://\\S+)"));
        port = Integer.parseInt(first.awaitLine("Connectors: +127\\.0\\.0\\.1:(\\d+)"));
        try (RunningExample connector = connector(port)) {
            connector.awaitLine("Registered at ");
            first.close();
            connector.awaitLine("Next attempt in ");
            try (RunningExample second = edge(url.getPort(), port)) {
                connector.awaitLine("Registered at ");
                assertThat(Visitor.get(url, "/again")).endsWith("asked for /again");
                second.stop();
            }
        }
    }

    @Test
    void wrongTokenIsRefusedWithAReason() throws Exception {
        try (RunningExample edge = edge(0, 0)) {
            int port = Integer.parseInt(edge.awaitLine("Connectors: +127\\.0\\.0\\.1:(\\d+)"));
            Files.delete(dir.resolve("token"));
            TokenFile.readOrMake(dir.resolve("token"));
            try (RunningExample connector = connector(port)) {
                connector.awaitLine("RegistrationException: .*refused");
            }
        }
    }

    private RunningExample edge(int visitors, int connectors) throws Exception {
        return RunningExample.start("edge", "-Ddir=" + dir, "-Dpublic=" + visitors, "-Dconnectors=" + connectors);
    }

    private RunningExample connector(int edgePort) throws Exception {
        return RunningExample.start(
                "connector",
                "-Dedge=127.0.0.1:" + edgePort,
                "-Dcacert=" + dir.resolve("authority.pem"),
                "-Dtoken-file=" + dir.resolve("token"),
                "-Dport=" + service.getAddress().getPort());
    }
}
