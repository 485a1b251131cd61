package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes back, from origins that behave and from those that do not. */
class OriginResponsesTest {

    private static final String NEXT = "HTTP/1.1 299 Next\r\nContent-Length: 4\r\n\r\nnext";

    /** Answers the first request with the given bytes (and then closes, if asked to), each later one with {@link #NEXT}. */
    private static ScriptedOrigin first(String response, boolean close) throws Exception {
        return new ScriptedOrigin(peer -> {
            for (int i = 0; ; i++) {
                peer.message();
                boolean isFirst = peer.number() == 1 && i == 0;
                peer.write(isFirst ? response : NEXT);
                if (isFirst && close) {
                    return;
                }
            }
        });
    }

    /** After whatever happened, the next request gets its own answer. */
    private static void nextIsRight(ProxyRig rig) throws Exception {
        RecordingSink next = rig.get("/next").end();
        assertThat(next.status()).isEqualTo(299);
        assertThat(next.body()).isEqualTo("next");
        assertThat(next.headers()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,  'HTTP/1.1 200 OK~Content-Length: 2~~ok', 200, ok, 1",
        "GET,  'HTTP/1.1 200 OK~Content-Length: 0~~', 200, '', 1",
        "GET,  'HTTP/1.1 200~Content-Length: 2~~ok', 200, ok, 1",
        "GET,  'HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~ok~0~~', 200, ok, 1",
        "GET,  'HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2;x=y~ok~1~!~0~~', 200, ok!, 1",
        "GET,  'HTTP/1.1 204 No~Content-Length: 5~~', 204, '', 1",
        "GET,  'HTTP/1.1 304 Not~Content-Length: 5~~', 304, '', 1",
        "GET,  'HTTP/1.1 304 Not~Transfer-Encoding: chunked~~', 304, '', 1",
        "HEAD, 'HTTP/1.1 200 OK~Content-Length: 1234~~', 200, '', 1",
        "HEAD, 'HTTP/1.1 200 OK~Transfer-Encoding: chunked~~', 200, '', 1",
        "GET,  'HTTP/1.1 999 Odd~Content-Length: 2~~ok', 999, ok, 1",
        "GET,  'HTTP/1.1 200 OK~Connection: close~Content-Length: 2~~ok', 200, ok, 2",
        "GET,  'HTTP/1.0 200 OK~Content-Length: 2~~ok', 200, ok, 2",
        "GET,  'HTTP/1.0 200 OK~Connection: keep-alive~Content-Length: 2~~ok', 200, ok, 1",
        "GET,  'HTTP/1.1 200 OK~Content-Length: 2~~okHTTP/1.1 200 OK~Content-Length: 4~~evil', 200, ok, 2",
        "GET,  'HTTP/1.1 204 No~~surplus', 204, '', 2",
        "HEAD, 'HTTP/1.1 200 OK~Content-Length: 7~~surplus', 200, '', 2",
        "GET,  'HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~ok~0~~x', 200, ok, 2",
    })
    void wellFormed(String method, String response, int status, String body, int connections) throws Exception {
        try (ScriptedOrigin origin = first(response.replace("~", "\r\n"), false);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.start(method, "/", true).end();
            assertThat(sink.failure()).isNull();
            assertThat(sink.status()).isEqualTo(status);
            assertThat(sink.body()).isEqualTo(body);
            nextIsRight(rig);
            assertThat(origin.connections()).isEqualTo(connections);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "HTTP/1.0 200 OK\r\n\r\nuntil the end"})
    void responseUntilClose(String response) throws Exception {
        try (ScriptedOrigin origin = first(response, true);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isNull();
            assertThat(sink.body()).isEqualTo("until the end");
            nextIsRight(rig);
        }
    }

    @Test
    void contentLengthIsKeptWhereThereIsNoBody() throws Exception {
        try (ScriptedOrigin origin = first("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", false);
                ProxyRig rig = ProxyRig.http(origin)) {
            assertThat(rig.start("HEAD", "/", true).end().headers())
                    .containsExactly(Map.entry("Content-Length", "1234"));
        }
    }

    @Test
    void trailersComeBack() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n";
        try (ScriptedOrigin origin = first(response, false);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.body()).isEqualTo("ok");
            assertThat(sink.trailers()).containsExactly(Map.entry("X-Sum", "42"));
            nextIsRight(rig);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void interimResponsesPass() throws Exception {
        String response = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"
                .concat("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        try (ScriptedOrigin origin = first(response, false);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.interim()).containsExactly("102 []", "103 [Link=</a>]");
            assertThat(sink.body()).isEqualTo("ok");
            nextIsRight(rig);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void headerOctetsAndCaseComeBack() throws Exception {
        StringBuilder value = new StringBuilder("v");
        for (char c = 0x80; c <= 0xFF; c++) {
            value.append(c);
        }
        String response = "HTTP/1.1 200 OK\r\nX-oDD: " + value
                + "\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n";
        try (ScriptedOrigin origin = first(response, false);
                ProxyRig rig = ProxyRig.http(origin)) {
            assertThat(rig.get("/").end().headers())
                    .containsExactly(
                            Map.entry("X-oDD", value.toString()),
                            Map.entry("Set-Cookie", "a"),
                            Map.entry("set-cookie", "b"),
                            Map.entry("Content-Length", "0"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage~~",
                "HTTP/2.0 200 OK~~",
                "HTTP/1.1 20 OK~~",
                "HTTP/1.1 +20 OK~~",
                "HTTP/1.1 2000 OK~~",
                "HTTP/1.1 099 OK~~",
                "HTTP/1.1 200 OK~Content-Length: 2~Content-Length: 3~~ok",
                "HTTP/1.1 200 OK~Content-Length: 2~Transfer-Encoding: chunked~~ok",
                "HTTP/1.0 200 OK~Content-Length: 2~Transfer-Encoding: chunked~~2~ok~0~~",
                "HTTP/1.1 200 OK~Content-Length: -2~~ok",
                "HTTP/1.1 200 OK~Content-Length: 2x~~ok",
                "HTTP/1.1 200 OK~Transfer-Encoding: gzip, chunked~~2~ok~0~~",
                "HTTP/1.1 200 OK~Bad Name: x~Content-Length: 0~~",
                "HTTP/1.1 200 OK~X: a\u0000b~Content-Length: 0~~",
                "HTTP/1.1 101 Switching~Upgrade: websocket~Connection: Upgrade~~",
            })
    void malformedHeadIs502(String response) throws Exception {
        try (ScriptedOrigin origin = first(response.replace("~", "\r\n"), false);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(sink.status()).isZero();
            nextIsRight(rig);
            assertThat(origin.connections()).isEqualTo(2);
        }
    }

    @Test
    void headersBeyondTheLimitFailThisRequestOnly() throws Exception {
        String huge = "X: " + "a".repeat(1000) + "\r\n";
        try (ScriptedOrigin origin = first("HTTP/1.1 200 OK\r\n" + huge.repeat(300) + "\r\n", false);
                ProxyRig rig = ProxyRig.http(origin)) {
            assertThat(rig.get("/").end().failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            nextIsRight(rig);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x~ok~0~~", "-1~ok~0~~", "2~okk~0~~", "2~ok~0~Bad Name: x~~", "80000000~"})
    void malformedChunksCutTheResponse(String body) throws Exception {
        String response = "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~" + body;
        try (ScriptedOrigin origin = first(response.replace("~", "\r\n"), false);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.status()).isEqualTo(200);
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            nextIsRight(rig);
        }
    }

    static IntStream lengths() {
        return IntStream.range(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789".length());
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void lengthFramedResponseCutAfterEachByte(int bytes) throws Exception {
        cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "0123456789", bytes);
    }

    static IntStream chunkedLengths() {
        return IntStream.range(
                0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".length());
    }

    @ParameterizedTest
    @MethodSource("chunkedLengths")
    void chunkedResponseCutAfterEachByte(int bytes) throws Exception {
        cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", bytes);
    }

    private static void cut(String head, String body, int bytes) throws Exception {
        try (ScriptedOrigin origin = first((head + body).substring(0, bytes), true);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/").end();
            boolean begun = bytes >= head.length();
            assertThat(sink.failure())
                    .isEqualTo(begun ? OriginFailure.RESPONSE_CUT_SHORT : OriginFailure.RESPONSE_INVALID);
            assertThat(sink.status()).isEqualTo(begun ? 200 : 0);
            assertThat(sink.message()).contains("http://127.0.0.1:" + origin.port());
            nextIsRight(rig);
        }
    }

    @Test
    void resetBeforeTheEndOfAnUnframedBodyIsACut() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write("HTTP/1.1 200 OK\r\n\r\nabc");
                    seen.await();
                    peer.reset();
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.get("/");
            call.sink.await("abc", () -> call.sink.body().equals("abc"));
            seen.countDown();
            assertThat(call.end().failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        }
    }

    @Test
    void silenceIs504() throws Exception {
        OriginOptions hasty =
                OriginOptions.builder().responseTimeout(Duration.ofMillis(200)).build();
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.note("end:" + peer.untilEnd());
                });
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), hasty)) {
            assertThat(rig.get("/").end().failure()).isEqualTo(OriginFailure.RESPONSE_TIMED_OUT);
            assertThat(origin.note()).isEqualTo("end:");
        }
    }

    @Test
    void earlyAnswerPassesAndTheRestIsDropped() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    if (peer.number() == 1) {
                        peer.head();
                        peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
                        peer.note("end:" + peer.untilEnd());
                    } else {
                        peer.message();
                        peer.write(NEXT);
                    }
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.start("POST", "/", false, "content-length", "9");
            assertThat(call.end().status()).isEqualTo(413);
            assertThat(call.sink.body()).isEqualTo("no");
            call.data("abcdefghi", true);
            assertThat(call.sink.consumed()).isEqualTo(9);
            assertThat(origin.note()).startsWith("end:").doesNotContain("abcdefghi");
            nextIsRight(rig);
        }
    }

    @Test
    void cancelClosesTheOriginsConnection() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                    peer.note("end:" + peer.untilEnd());
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.get("/");
            call.sink.awaitHead();
            call.cancel();
            assertThat(origin.note()).startsWith("end:");
            assertThat(call.sink.isEnded()).isFalse();
        }
    }

    @Test
    void statusOriginAnswersAndDrains() throws Exception {
        try (ProxyRig rig = new ProxyRig(Origin.status(418), OriginOptions.defaults())) {
            ProxyRig.Call call = rig.start("POST", "/", false).data("abc", true);
            assertThat(call.end().status()).isEqualTo(418);
            assertThat(call.sink.headers()).isEmpty();
            assertThat(call.sink.consumed()).isEqualTo(3);
        }
        try (ProxyRig rig = new ProxyRig(Origin.status(101), OriginOptions.defaults())) {
            RecordingSink sink = rig.get("/").sink;
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
        }
    }
}
