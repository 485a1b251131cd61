package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.edge.RawVisitor.Response;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What connectors answer, and what visitors get of it. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FrontResponsesTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String UPGRADE = "GET /ws HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n\r\n";

    private EdgeFixture fixture;

    @BeforeAll
    void start() throws Exception {
        fixture = new EdgeFixture();
    }

    @AfterAll
    void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void forget() {
        fixture.connector.onRequest(call -> {}).calls.clear();
    }

    private ScriptedCall ask(RawVisitor visitor, String request) throws Exception {
        visitor.send(request);
        return fixture.connector.next();
    }

    @Test
    void onlyTheSerialisedSetReachesTheVisitorAndHopByHopStays() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, GET)
                    .head(
                            201,
                            false,
                            "X-Kept",
                            "a",
                            "X-Kept",
                            "\u00fc",
                            "Content-Length",
                            "2",
                            "Connection",
                            "x-hop",
                            "X-Hop",
                            "1",
                            "Keep-Alive",
                            "5",
                            "Transfer-Encoding",
                            "chunked")
                    .data("hi", true);
            Response response = visitor.response();
            assertThat(response.status()).isEqualTo(201);
            assertThat(response.body()).isEqualTo("hi");
            assertThat(response.headers())
                    .containsOnly(Map.entry("x-kept", "a|\u00fc"), Map.entry("content-length", "2"));
        }
    }

    @Test
    void aResponseWithoutLengthComesInChunksWithTrailers() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = ask(visitor, GET).head(200, false).data("abc", false);
            call.raw(new DefaultHttp2Headers().set("x-sum", "6").set("cf-int-x", "1"), true);
            Response response = visitor.response();
            assertThat(response.body()).isEqualTo("abc");
            assertThat(response.trailers()).containsExactly(Map.entry("x-sum", "6"));
            ask(visitor, GET).ok("again");
            assertThat(visitor.response().body()).isEqualTo("again");
        }
    }

    @Test
    void eventsArriveOneByOne() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = ask(visitor, GET).head(200, false, "Content-Type", "text/event-stream");
            String head = "";
            for (String line = visitor.line(); line != null && !line.isEmpty(); line = visitor.line()) {
                head += line;
            }
            assertThat(head).contains("200");
            for (String event : new String[] {"data: 1\n\n", "data: 2\n\n"}) {
                call.data(event, false);
                assertThat(visitor.line()).isEqualTo("9");
                assertThat(visitor.read(11)).isEqualTo(event + "\r\n");
            }
        }
    }

    @Test
    void headNoContentAndNotModifiedHaveNoBody() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, "HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n").head(200, true, "Content-Length", "1000");
            assertThat(visitor.response(true).header("content-length")).isEqualTo("1000");
            ask(visitor, "HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n").head(200, true);
            assertThat(visitor.response(true).headers()).isEmpty();
            ask(visitor, GET).head(204, true);
            assertThat(visitor.response().headers()).isEmpty();
            ask(visitor, GET).head(304, true, "Content-Length", "7", "Etag", "x");
            assertThat(visitor.response().headers())
                    .containsOnly(Map.entry("content-length", "7"), Map.entry("etag", "x"));
            ask(visitor, GET).head(200, true);
            assertThat(visitor.response().header("content-length")).isEqualTo("0");
        }
    }

    @Test
    void http10GetsItsEndByClosing() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, "GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n")
                    .head(200, false)
                    .data("abc", true);
            Response response = visitor.response();
            assertThat(response.body()).isEqualTo("abc");
            assertThat(response.headers()).containsOnly(Map.entry("connection", "close"));
        }
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, "GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n")
                    .ok("abc");
            assertThat(visitor.response().header("connection")).isEqualTo("keep-alive");
        }
    }

    @Test
    void interimResponsesPass() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = ask(
                    visitor, "POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            assertThat(call.header("expect")).isEqualTo("100-continue");
            call.raw(new DefaultHttp2Headers().status("100"), false);
            assertThat(visitor.response().status()).isEqualTo(100);
            visitor.send("ab");
            call.awaitBody();
            call.head(103, false, "Link", "</x>");
            Response hints = visitor.response();
            assertThat(hints.status()).isEqualTo(103);
            assertThat(hints.header("link")).isEqualTo("</x>");
            call.ok("done");
            assertThat(visitor.response().body()).isEqualTo("done");
        }
    }

    @Test
    void aCutResponseIsSeenAsCut() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, GET).head(200, false).data("abc", false).resetWith(Http2Error.INTERNAL_ERROR);
            Response response = visitor.response();
            assertThat(response.complete()).isFalse();
        }
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, GET).head(200, false, "Content-Length", "5").data("abc", true);
            assertThat(visitor.response().complete()).isFalse();
        }
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, GET).head(200, false, "Content-Length", "2").data("abc", true);
            Response response = visitor.response();
            assertThat(response.complete()).isFalse();
        }
    }

    @Test
    void theConnectorsOwnFailuresBecomePages() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ask(visitor, GET)
                    .raw(
                            new DefaultHttp2Headers()
                                    .status("502")
                                    .set(TunnelHeaders.RESPONSE_META, ResponseMeta.CONNECTOR.value())
                                    .set("content-length", "0"),
                            true);
            Response page = visitor.response();
            assertThat(page.status()).isEqualTo(502);
            assertThat(page.body()).contains("-ADT");
            ask(visitor, GET).raw(new DefaultHttp2Headers().status("200"), true);
            assertThat(visitor.response().status()).isEqualTo(502);
            ask(visitor, GET)
                    .raw(new DefaultHttp2Headers().status("200").set(TunnelHeaders.RESPONSE_HEADERS, "%%"), true);
            assertThat(visitor.response().status()).isEqualTo(502);
            ask(visitor, GET).head(200, true, "Content-Length", "3");
            assertThat(visitor.response().status()).isEqualTo(502);
            ask(visitor, GET).resetWith(Http2Error.PROTOCOL_ERROR);
            assertThat(visitor.response().status()).isEqualTo(400);
            ask(visitor, GET).resetWith(Http2Error.INTERNAL_ERROR);
            assertThat(visitor.response().status()).isEqualTo(502);
        }
    }

    @Test
    void whatNoConnectorTookIsTriedOnAnother() throws Exception {
        try (ScriptedConnector other = ScriptedConnector.join(fixture.edge, fixture.credentials);
                RawVisitor visitor = fixture.visitor()) {
            fixture.connector.onRequest(call -> call.resetWith(Http2Error.REFUSED_STREAM));
            other.onRequest(call -> call.ok("other"));
            for (int i = 0; i < 10; i++) {
                visitor.send(GET);
                assertThat(visitor.response().body()).isEqualTo("other");
            }
        }
    }

    @Test
    void aSilentOriginIsTimedOut() throws Exception {
        try (EdgeFixture hasty = new EdgeFixture(TunnelEdge.builder().responseTimeout(Duration.ofMillis(300)));
                RawVisitor visitor = hasty.visitor()) {
            visitor.send(GET);
            ScriptedCall call = hasty.connector.next();
            assertThat(visitor.response().status()).isEqualTo(504);
            assertThat(call.awaitReset()).isEqualTo(Http2Error.CANCEL.code());
        }
    }

    @Test
    void aVisitorWhoLeavesEndsTheStream() throws Exception {
        ScriptedCall call;
        try (RawVisitor visitor = fixture.visitor()) {
            call = ask(visitor, GET);
        }
        assertThat(call.awaitReset()).isEqualTo(Http2Error.CANCEL.code());
    }

    @Test
    void aVisitorWhoReadsSlowlyHoldsTheSenderBack() throws Exception {
        int total = 64 * 1024 * 1024;
        try (RawVisitor visitor = new RawVisitor(fixture.edge.publicAddress(), 16 * 1024)) {
            ScriptedCall call = ask(visitor, GET);
            AtomicLong sent = new AtomicLong();
            CountDownLatch stalled = new CountDownLatch(1);
            byte[] chunk = new byte[16 * 1024];
            Runnable pump = () -> {
                while (call.stream.isWritable() && sent.get() < total) {
                    call.stream.writeData(Unpooled.wrappedBuffer(chunk), sent.addAndGet(chunk.length) == total);
                    call.stream.flush();
                }
                if (sent.get() < total) {
                    stalled.countDown();
                }
            };
            call.onWritable = pump;
            call.head(200, false, "Content-Length", Integer.toString(total));
            call.stream.eventLoop().execute(pump);
            assertThat(stalled.await(20, TimeUnit.SECONDS)).isTrue();
            // Give the sender every chance to go on: others' requests pass through the same connection meanwhile.
            for (int i = 0; i < 20; i++) {
                try (RawVisitor fast = fixture.visitor()) {
                    ask(fast, GET).ok("fast");
                    assertThat(fast.response().body()).isEqualTo("fast");
                }
            }
            assertThat(sent.get()).isLessThan(16L * 1024 * 1024);
            Response response = visitor.response();
            assertThat(response.body()).hasSize(total);
        }
    }

    @Test
    void anAgreedWebSocketIsRelayedRaw() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            ScriptedCall call = ask(visitor, UPGRADE);
            assertThat(call.endedWithHead).isFalse();
            assertThat(call.header("cf-cloudflared-proxy-connection-upgrade")).isEqualTo("websocket");
            assertThat(call.header("connection")).isNull();
            assertThat(call.header("upgrade")).isNull();
            visitor.send("GET /early HTTP/1.1\r\n\r\n");
            call.echo()
                    .head(
                            200,
                            false,
                            "Upgrade",
                            "websocket",
                            "Connection",
                            "Upgrade",
                            "Sec-WebSocket-Accept",
                            accept());
            Response switched = visitor.response();
            assertThat(switched.status()).isEqualTo(101);
            assertThat(switched.header("upgrade")).isEqualTo("websocket");
            assertThat(switched.header("connection")).isEqualToIgnoringCase("upgrade");
            assertThat(switched.header("sec-websocket-accept")).isEqualTo(accept());
            assertThat(visitor.read(23)).isEqualTo("GET /early HTTP/1.1\r\n\r\n");
            visitor.send("\u0000\u00ff\r\nraw");
            assertThat(visitor.read(7)).isEqualTo("\u0000\u00ff\r\nraw");
            call.data("bye", true);
            assertThat(visitor.read(3)).isEqualTo("bye");
            assertThat(visitor.isAtEnd()).isTrue();
        }
    }

    @Test
    void aRefusedWebSocketIsAnOrdinaryResponseAndTheEnd() throws Exception {
        for (String[] answer :
                new String[][] {{"403"}, {"200"}, {"200", "Upgrade", "websocket", "Sec-WebSocket-Accept", "wrong"}}) {
            try (RawVisitor visitor = fixture.visitor()) {
                ScriptedCall call = ask(visitor, UPGRADE);
                visitor.send(GET);
                String[] headers = java.util.Arrays.copyOfRange(answer, 1, answer.length);
                call.head(Integer.parseInt(answer[0]), false, headers).data("no", true);
                Response response = visitor.response();
                assertThat(response.status()).isEqualTo(Integer.parseInt(answer[0]));
                assertThat(response.body()).isEqualTo("no");
                assertThat(response.header("connection")).isEqualTo("close");
                assertThat(visitor.isAtEnd()).isTrue();
                assertThat(fixture.connector.calls).isEmpty();
            }
        }
    }

    private static String accept() throws Exception {
        byte[] sha1 = MessageDigest.getInstance("SHA-1")
                .digest((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(sha1);
    }
}
