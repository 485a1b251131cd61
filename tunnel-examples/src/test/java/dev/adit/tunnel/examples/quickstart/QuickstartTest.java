package dev.adit.tunnel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.adit.tunnel.examples.RunningExample;
import dev.adit.tunnel.examples.Visitor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class QuickstartTest {

    @Test
    void showsTheRequestAsItArrived() throws Exception {
        try (RunningExample example = RunningExample.start("quickstart")) {
            URI named = URI.create(example.awaitLine("In a browser.*(http://\\S+)"));
            assertThat(named.getHost()).endsWith(".localhost");
            assertThat(Visitor.get(named, "/some/path?and=query"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("GET /some/path?and=query HTTP/1.1")
                    .containsIgnoringCase("\n  host: " + named.getAuthority())
                    .containsIgnoringCase("\n  x-forwarded-proto: http\n");
            assertThat(example.awaitLine("GET +/some/path.*")).matches("GET +/some/path  200  \\d+ ms");
            assertThat(example.stop()).endsWith("0 finished, 0 cut; 1 requests in all.");
        }
    }

    @Test
    void answersAtThePlainAddressToo() throws Exception {
        try (RunningExample example = RunningExample.start("quickstart")) {
            URI plain = URI.create(example.awaitLine("does not resolve: +(http://127\\.0\\.0\\.1:\\d+/)"));
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(plain)
                                    .header("Accept", "text/html")
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).contains("<h1>It came through the tunnel</h1>", "<code>GET / HTTP/1.1</code>");
        }
    }

    /** Maven's {@code -q} sets that property for the whole JVM; the line that helps must come all the same. */
    @Test
    void saysWhyThereIsNoAnswer() throws Exception {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        try (RunningExample example = RunningExample.start(
                "quickstart", "-Dport=" + port, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")) {
            URI named = URI.create(example.awaitLine("In a browser.*(http://\\S+)"));
            assertThat(Visitor.get(named, "/")).startsWith("HTTP/1.1 502 ");
            example.awaitLine("WARN .* rule=0 .*Origin http://localhost:" + port + " refused the connection");
        }
    }

    @Test
    void exposesThePortThatIsGiven() throws Exception {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            exchange.sendResponseHeaders(418, -1);
            exchange.close();
        });
        service.start();
        int port = service.getAddress().getPort();
        try (RunningExample example = RunningExample.start("quickstart", "-Dport=" + port)) {
            URI named = URI.create(example.awaitLine("In a browser.*(http://\\S+)"));
            assertThat(Visitor.get(named, "/")).startsWith("HTTP/1.1 418 ");
            example.awaitLine("GET +/  418");
        } finally {
            service.stop(0);
        }
    }
}
