package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test page, through edge and connector, with the JDK's clients. */
class HelloWorldTest {

    private TunnelEdge edge;
    private Tunnel tunnel;
    private URI url;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() {
        edge = TunnelEdge.local();
        tunnel = TunnelClient.builder()
                .edge(edge)
                .ingress(IngressRule.otherwise(Origin.helloWorld()))
                .build()
                .start();
        url = edge.directUrl(tunnel.id()).orElseThrow();
    }

    @AfterEach
    void close() {
        tunnel.close();
        edge.close(Duration.ZERO);
    }

    private InetSocketAddress address() {
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    private Visitor.Response get(String target) throws Exception {
        return Visitor.get(address(), url.getAuthority(), target);
    }

    @Test
    void thePageShowsTheRequestAndNothingOfItAsHtml() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(url.resolve("/any/path?q=1"))
                        .header("X-Evil", "<script>alert('1')</script>&")
                        .POST(HttpRequest.BodyPublishers.ofString("body <b>\"bold\"</b>"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
        assertThat(response.body())
                .contains("<td>POST</td>", "<td>/any/path?q=1</td>", "<td>" + url.getAuthority() + "</td>")
                .contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;")
                .contains("body &lt;b&gt;&quot;bold&quot;&lt;/b&gt;")
                .doesNotContain("<script", "<b>");
    }

    @Test
    void ofALongBodyTheBeginningIsShown() throws Exception {
        String body = "a".repeat(16 * 1024) + "z".repeat(200_000);
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(url)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.body()).contains("<td>" + "a".repeat(16 * 1024) + "</td>");
    }

    @Test
    void healthAndUptime() throws Exception {
        assertThat(get("/_health").text()).isEqualTo("ok");
        Visitor.Response first = get("/uptime");
        assertThat(first.header("content-type")).isEqualTo("application/json");
        assertThat(first.text())
                .matches("\\{\"startTime\":\"[0-9-]+T[0-9:.]+Z\",\"uptime\":\"([0-9]+h)?([0-9]+m)?[0-9.]+m?s\"}");
        String start = first.text().substring(0, first.text().indexOf(','));
        assertThat(get("/uptime").text()).startsWith(start);
    }

    @Test
    void webSocketsGetTheirMessagesBack() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        URI ws = URI.create("ws://" + url.getAuthority() + "/ws");
        WebSocket socket = client.newWebSocketBuilder()
                .buildAsync(ws, new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
                        received.add("text " + data + (last ? "" : "..."));
                        from.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
                        received.add("binary " + data.remaining());
                        from.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
                        received.add("close " + status);
                        return null;
                    }
                })
                .get(20, TimeUnit.SECONDS);
        socket.sendText("grüezi", true).get(20, TimeUnit.SECONDS);
        assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("text grüezi");
        socket.sendBinary(ByteBuffer.allocate(300), true).get(20, TimeUnit.SECONDS);
        assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("binary 300");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
        assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("close 1000");
    }

    private int upgradeFrom(String origin) throws Exception {
        try (Visitor visitor = new Visitor(address())) {
            visitor.send("GET /ws HTTP/1.1\r\nHost: " + url.getAuthority()
                    + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: " + origin + "\r\n\r\n");
            return visitor.read().status();
        }
    }

    @Test
    void otherHostsPagesGetNoWebSocket() throws Exception {
        assertThat(upgradeFrom("https://evil.test")).isEqualTo(403);
        assertThat(upgradeFrom("null")).isEqualTo(403);
        assertThat(upgradeFrom("http://" + url.getAuthority())).isEqualTo(101);
        assertThat(get("/ws").status()).isEqualTo(400);
    }

    @Test
    void eventsAreCounted() throws Exception {
        try (Socket visitor = new Socket(url.getHost(), url.getPort())) {
            visitor.setSoTimeout(20_000);
            visitor.getOutputStream()
                    .write(("GET /sse?freq=20ms HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(visitor.getInputStream(), StandardCharsets.UTF_8));
            assertThat(in.readLine()).startsWith("HTTP/1.1 200");
            StringBuilder head = new StringBuilder();
            for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                head.append(line).append('\n');
            }
            assertThat(head.toString().toLowerCase(java.util.Locale.ROOT))
                    .contains("content-type: text/event-stream; charset=utf-8");
            StringBuilder events = new StringBuilder();
            while (events.length() < 6) {
                int size = Integer.parseInt(in.readLine(), 16);
                for (int i = 0; i < size; i++) {
                    events.append((char) in.read());
                }
                in.readLine();
            }
            assertThat(events.toString()).startsWith("0\n\n1\n\n");
        }
    }
}
