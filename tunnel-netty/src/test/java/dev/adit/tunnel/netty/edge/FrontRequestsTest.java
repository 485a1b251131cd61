package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.netty.edge.RawVisitor.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What visitors send: what is refused, what is stripped, and what arrives unchanged. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FrontRequestsTest {

    private static final String HOST = "Host: app.test\r\n";
    private static final int MAX_TARGET = 16 * 1024;

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
        fixture.connector.onRequest(call -> call.ok("ok")).requests.set(0);
        fixture.connector.calls.clear();
    }

    static List<String> ambiguous() {
        return List.of(
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: app.test\r\nHost: app.test\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: app.test\r\nhost: other.test\r\n\r\n",
                "GET / HTTP/1.1\r\nHost:\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: app.test/x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: app.test@evil.test\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: app.test, app.test\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : app.test\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET http://other.test/ HTTP/1.1\r\n" + HOST + "\r\n",
                "GET ftp://app.test/ HTTP/1.1\r\n" + HOST + "\r\n",
                "GET app.test HTTP/1.1\r\n" + HOST + "\r\n",
                "GET * HTTP/1.1\r\n" + HOST + "\r\n",
                "GET  / HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /  HTTP/1.1\r\n" + HOST + "\r\n",
                "GET\t/\tHTTP/1.1\r\n" + HOST + "\r\n",
                "GET /a b HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /\u0001 HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /\u007f HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /\u000b HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /\r HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /\r\n" + HOST + "\r\n",
                "GET / HTTP/1.1 \r\n" + HOST + "\r\n",
                "GET / http/1.1\r\n" + HOST + "\r\n",
                "G(T / HTTP/1.1\r\n" + HOST + "\r\n",
                "GET / HTTP/1.1\n" + HOST + "\r\n",
                "GET / HTTP/1.1\r\nHost: app.test\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n c\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + " A: b\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "A b\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + ": b\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "A(: b\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "A: b\u0000c\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "A: b\rc\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
                "POST / HTTP/1.0\r\n" + HOST + "Content-Length: 1\r\ncontent-length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1, 1\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: +1\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: -1\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 0x1\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1 \t2\r\n\r\nab",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length:\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length : 1\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 99999999999999999999\r\n\r\na",
                "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST
                        + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: identity\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET / HTTP/1.1\r\n" + HOST + "Sec-WebSocket-Key1: a\r\nSec-WebSocket-Key2: b\r\n\r\n12345678");
    }

    @ParameterizedTest
    @MethodSource("ambiguous")
    void anAmbiguousRequestIsRefusedAndReachesNobody(String request) throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send(request + "GET /second HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(visitor.response().status()).isEqualTo(400);
            assertThat(visitor.isAtEnd()).isTrue();
        }
        assertThat(fixture.connector.requests).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "z\r\n\r\n",
                "1\r\nab\r\n0\r\n\r\n",
                "-1\r\na\r\n",
                "1 \r\na\r\n0\r\n\r\n\r\n\r\n",
                "1\na\r\n0\r\n\r\n"
            })
    void aBrokenChunkIsNeverACompleteRequest(String chunks) throws Exception {
        fixture.connector.onRequest(call -> {});
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
            ScriptedCall call = fixture.connector.next();
            assertThat(call.awaitReset()).isNotNegative();
            assertThat(call.body).isCompletedExceptionally();
        }
    }

    @Test
    void everyOctetOfATargetArrivesUnchangedOrIsRefused() throws Exception {
        for (int octet = 0x21; octet <= 0xFF; octet++) {
            String target = "/a" + (char) octet + "b?c" + (char) octet + "d";
            try (RawVisitor visitor = fixture.visitor()) {
                visitor.send("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
                int status = visitor.response().status();
                if (octet == 0x7F) {
                    assertThat(status).isEqualTo(400);
                } else {
                    assertThat(status).isEqualTo(200);
                    assertThat(fixture.connector.next().header(":path")).isEqualTo(target);
                }
            }
        }
    }

    @Test
    void anAbsoluteTargetBecomesAPath() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("GET HTTP://App.Test?q HTTP/1.1\r\nHost: APP.test\r\n\r\n");
            assertThat(visitor.response().status()).isEqualTo(200);
            ScriptedCall call = fixture.connector.next();
            assertThat(call.header(":path")).isEqualTo("/?q");
            assertThat(call.header(":authority")).isEqualTo("app.test");
        }
    }

    @Test
    void whatOnlyAnEdgeMaySayIsTakenOutAndSaidByTheEdge() throws Exception {
        String claims = String.join(
                "\r\n",
                "X-Forwarded-For: 9.9.9.9",
                "x-forwarded-proto: https",
                "X-FORWARDED-HOST: evil",
                "X-Forwarded-Port: 1",
                "X-Real-IP: 9",
                "Forwarded: for=9",
                "CF-Connecting-IP: 9",
                "Cf-Ray: 9",
                "True-Client-Ip: 9",
                "cf-ipcountry: XX",
                "CF-Visitor: {}",
                "Cf-Cloudflared-Proxy-Connection-Upgrade: control-stream",
                "CF-INT-a: b",
                "cf-proxy-a: b",
                "cf-cloudflared-response-headers: x",
                "Cf-Warp-Tag-Id: x",
                "Proxy-Connection: x",
                "Keep-Alive: 5",
                "TE: gzip, trailers",
                "Trailer: a",
                "Upgrade: h2c",
                "HTTP2-Settings: AAA",
                "Connection: keep-alive, x-hop, cf-ray, x-forwarded-for, Authorization",
                "X-Hop: 1",
                "Authorization: Basic x",
                "Cookie: a=b",
                "X-Mixed-Case: Kept",
                "CDN-Loop: other; v=1",
                "");
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("GET / HTTP/1.1\r\n" + HOST + claims + "\r\n");
            assertThat(visitor.response().status()).isEqualTo(200);
        }
        ScriptedCall call = fixture.connector.next();
        assertThat(call.endedWithHead).isTrue();
        assertThat(call.header("cf-ray")).matches("[0-9a-f]{16}-ADT");
        assertThat(call.header("cdn-loop")).matches("other; v=1, adit-[0-9a-f]+");
        assertThat(call.headers.stream()
                        .filter(e -> !e.getKey().equals("cf-ray") && !e.getKey().equals("cdn-loop")))
                .containsExactlyInAnyOrder(
                        Map.entry(":method", "GET"),
                        Map.entry(":scheme", "http"),
                        Map.entry(":authority", "app.test"),
                        Map.entry(":path", "/"),
                        Map.entry("te", "trailers"),
                        Map.entry("authorization", "Basic x"),
                        Map.entry("cookie", "a=b"),
                        Map.entry("x-mixed-case", "Kept"),
                        Map.entry("x-forwarded-for", "127.0.0.1"),
                        Map.entry("x-forwarded-proto", "http"),
                        Map.entry("x-forwarded-host", "app.test"),
                        Map.entry("cf-connecting-ip", "127.0.0.1"));
    }

    @Test
    void aRequestThatWasHereBeforeIsALoop() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
            visitor.response();
            String loop = fixture.connector.next().header("cdn-loop");
            visitor.send("GET / HTTP/1.1\r\n" + HOST + "CDN-Loop: " + loop + "\r\n\r\n");
            assertThat(visitor.response().status()).isEqualTo(508);
        }
    }

    @Test
    void limitsHoldAtTheirBounds() throws Exception {
        assertThat(status("/" + "a".repeat(MAX_TARGET - 1), "")).isEqualTo(200);
        assertThat(status("/" + "a".repeat(MAX_TARGET), "")).isEqualTo(414);
        assertThat(status("/" + "a".repeat(2 * MAX_TARGET), "")).isEqualTo(414);
        assertThat(status("/", "a: b\r\n".repeat(127))).isEqualTo(200);
        assertThat(status("/", "a: b\r\n".repeat(128))).isEqualTo(431);
        int others = HOST.length() - 2 + "a: ".length();
        assertThat(status("/", "a: " + "b".repeat(64 * 1024 - others) + "\r\n")).isEqualTo(200);
        assertThat(status("/", "a: " + "b".repeat(64 * 1024 - others + 1) + "\r\n"))
                .isEqualTo(431);
    }

    private int status(String target, String fields) throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            return visitor.send("GET " + target + " HTTP/1.1\r\n" + HOST + fields + "\r\n")
                    .response()
                    .status();
        }
    }

    @Test
    void whatIsNotServedIsRefusedByName() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("CONNECT app.test:443 HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(visitor.response().status()).isEqualTo(405);
        }
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("GET / HTTP/1.1\r\nHost: nobody.test\r\nAccept: text/html\r\n\r\n");
            Response page = visitor.response();
            assertThat(page.status()).isEqualTo(404);
            assertThat(page.header("content-type")).startsWith("text/html");
            assertThat(page.header("cache-control")).isEqualTo("no-store");
            assertThat(page.body()).contains("-ADT").doesNotContain("nobody");
            visitor.send("HEAD / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
            assertThat(visitor.response(true).header("content-type")).isEqualTo("application/problem+json");
        }
        assertThat(fixture.connector.requests).hasValue(0);
    }

    @Test
    void bodiesAndTrailersArriveAsSent() throws Exception {
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("POST /l HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\n\r\nabc");
            assertThat(visitor.response().status()).isEqualTo(200);
            ScriptedCall length = fixture.connector.next();
            assertThat(length.awaitBody()).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
            assertThat(length.header("content-length")).isEqualTo("3");
            visitor.send("POST /c HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
                    + "2;ext=1\r\nde\r\n1\r\nf\r\n0\r\nX-Sum: 7\r\ncf-int-x: 1\r\nX-Real-IP: 1\r\n\r\n");
            assertThat(visitor.response().status()).isEqualTo(200);
            ScriptedCall chunked = fixture.connector.next();
            assertThat(chunked.awaitBody()).isEqualTo("def".getBytes(StandardCharsets.US_ASCII));
            assertThat(chunked.header("content-length")).isNull();
            assertThat(chunked.trailers).containsExactly(Map.entry("x-sum", "7"));
            visitor.send("POST /e HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n");
            assertThat(visitor.response().status()).isEqualTo(200);
            assertThat(fixture.connector.next().endedWithHead).isTrue();
        }
    }

    @Test
    void pipelinedRequestsAreServedOneAfterTheOther() throws Exception {
        fixture.connector.onRequest(call -> {});
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send(("GET /1 HTTP/1.1\r\n" + HOST + "\r\n") + "POST /2 HTTP/1.1\r\n" + HOST
                    + "Content-Length: 2\r\n\r\nxy" + "GET /3 HTTP/1.1\r\n" + HOST + "\r\n");
            ScriptedCall first = fixture.connector.next();
            assertThat(first.header(":path")).isEqualTo("/1");
            assertThat(fixture.connector.requests).hasValue(1);
            first.ok("one");
            assertThat(visitor.response().body()).isEqualTo("one");
            ScriptedCall second = fixture.connector.next();
            assertThat(new String(second.awaitBody(), StandardCharsets.US_ASCII))
                    .isEqualTo("xy");
            assertThat(fixture.connector.requests).hasValue(2);
            second.ok("two");
            assertThat(visitor.response().body()).isEqualTo("two");
            fixture.connector.next().ok("three");
            assertThat(visitor.response().body()).isEqualTo("three");
        }
    }

    @Test
    void aCutRequestIsResetAtTheConnector() throws Exception {
        fixture.connector.onRequest(call -> {});
        ScriptedCall call;
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 10\r\n\r\nabc");
            call = fixture.connector.next();
        }
        assertThat(call.awaitReset()).isEqualTo(8);
    }
}
