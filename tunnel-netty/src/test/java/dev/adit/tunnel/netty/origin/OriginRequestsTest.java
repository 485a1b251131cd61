package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the origin gets: head, framing, trailers, and requests that must not reach it as complete. */
class OriginRequestsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String HOST = "host: app.test\r\n";

    private ScriptedOrigin origin;
    private ProxyRig rig;

    @BeforeEach
    void open() throws Exception {
        origin = ScriptedOrigin.always(OK);
        rig = ProxyRig.http(origin);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        origin.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, ''",
        "HEAD, ''",
        "OPTIONS, ''",
        "DELETE, ''",
        "PROPFIND, ''",
        "POST, content-length: 0",
        "PUT, content-length: 0",
        "PATCH, content-length: 0"
    })
    void requestWithoutBody(String method, String framing) throws Exception {
        rig.start(method, "/", true).end();
        assertThat(origin.note())
                .isEqualTo(method + " / HTTP/1.1\r\n" + HOST + (framing.isEmpty() ? "" : framing + "\r\n") + "\r\n");
    }

    @Test
    void contentLengthZeroIsKept() throws Exception {
        rig.start("GET", "/", true, "content-length", "0").end();
        assertThat(origin.note()).isEqualTo("GET / HTTP/1.1\r\n" + HOST + "content-length: 0\r\n\r\n");
    }

    @Test
    void emptyDataAtOnceIsNoBody() throws Exception {
        rig.get("/warm").end();
        origin.note();
        ProxiedRequest get = new ProxiedRequest("GET", "/", "app.test", ProxyRig.headers(), false, false);
        rig.start(get).data("", true).end();
        assertThat(origin.note()).endsWith("\r\n\r\n");
    }

    @Test
    void trailersGoOutInChunkedFraming() throws Exception {
        rig.start("POST", "/", false, "te", "trailers", "trailer", "x-sum")
                .data("abc", false)
                .trailers("x-sum", "42", "content-length", "9")
                .end();
        assertThat(origin.note())
                .startsWith("POST / HTTP/1.1\r\n" + HOST + "te: trailers\r\n")
                .contains("\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n")
                .endsWith("\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 42\r\n\r\n");
    }

    @Test
    void cookieCrumbsAreJoined() throws Exception {
        rig.get("/", "cookie", "a=1", "x-dup", "1", "cookie", "b=2", "x-dup", "2")
                .end();
        assertThat(origin.note()).contains("\r\ncookie: a=1; b=2\r\n").contains("\r\nx-dup: 1\r\nx-dup: 2\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "connection",
                "keep-alive",
                "proxy-connection",
                "upgrade",
                "te",
                "transfer-encoding",
                "host",
                "cf-cloudflared-proxy-src",
                "cf-int-x",
                "cf-proxy-x",
                "cf-warp-tag-id",
                "cf-trace-id"
            })
    void headersThatStayBehind(String name) throws Exception {
        rig.get("/", name, "a", "x-b", "c").end();
        assertThat(origin.note()).isEqualTo("GET / HTTP/1.1\r\n" + HOST + "x-b: c\r\n\r\n");
    }

    @Test
    void octetsOfHeaderValuesArrive() throws Exception {
        StringBuilder value = new StringBuilder("a\t b");
        for (char c = 0x80; c <= 0xFF; c++) {
            value.append(c);
        }
        rig.get("/", "x-octets", value.toString()).end();
        assertThat(origin.note()).contains("\r\nx-octets: " + value + "\r\n");
    }

    @Test
    void hostIsReplacedAndForwarded() throws Exception {
        OriginOptions options =
                OriginOptions.builder().httpHostHeader("inner.example").build();
        try (ProxyRig other = new ProxyRig(Origin.http("127.0.0.1", origin.port()), options)) {
            other.get("/", "x-forwarded-host", "forged").end();
            assertThat(origin.note())
                    .isEqualTo("GET / HTTP/1.1\r\nhost: inner.example\r\nx-forwarded-host: app.test\r\n\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a b", "/a\tb", "/a\rb", "/a\nb", "/a\0b", "", "a", "http://x/", "/\u0100"})
    void targetsThatAreRefused(String target) throws Exception {
        refused(rig.get(target).end());
    }

    @ParameterizedTest
    @CsvSource({"'x y', a", "x:, a", "x-a, 'a\r\nb: c'", "x-a, 'a\nb'", "content-length, 1x", "content-length, +1"})
    void headersThatAreRefused(String name, String value) throws Exception {
        refused(rig.get("/", name, value).end());
    }

    @Test
    void connectIsRefused() throws Exception {
        refused(rig.start("CONNECT", "/", true).end());
    }

    @Test
    void lengthsThatDifferAreRefused() throws Exception {
        refused(rig.start("POST", "/", false, "content-length", "1", "content-length", "2")
                .end());
    }

    @Test
    void lengthWithoutBodyIsRefused() throws Exception {
        refused(rig.start("POST", "/", true, "content-length", "1").end());
    }

    private void refused(RecordingSink sink) {
        assertThat(sink.failure()).isEqualTo(OriginFailure.REQUEST_INVALID);
        assertThat(origin.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ab", "abcd"})
    void bodyThatDoesNotMatchItsLengthBreaksOff(String sent) throws Exception {
        try (ScriptedOrigin reader = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.note("body:" + peer.untilEnd());
                });
                ProxyRig other = ProxyRig.http(reader)) {
            RecordingSink sink = other.start("POST", "/", false, "content-length", "3")
                    .data(sent, true)
                    .end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.REQUEST_INVALID);
            assertThat(sink.consumed()).isEqualTo(sent.length());
        }
    }

    @Test
    void cancelledBodyNeverLooksComplete() throws Exception {
        try (ScriptedOrigin reader = new ScriptedOrigin(peer -> {
                    peer.note(peer.head());
                    peer.note("body:" + peer.untilEnd());
                });
                ProxyRig other = ProxyRig.http(reader)) {
            ProxyRig.Call call = other.start("POST", "/", false).data("abc", false);
            reader.note();
            call.cancel();
            assertThat(reader.note()).startsWith("body:").doesNotContain("\r\n0\r\n");
            assertThat(call.sink.isEnded()).isFalse();
        }
    }

    @Test
    void expectPassesAndItsAnswerComesBack() throws Exception {
        try (ScriptedOrigin asking = new ScriptedOrigin(peer -> {
                    peer.note(peer.head());
                    peer.write("HTTP/1.1 100 Continue\r\n\r\n");
                    peer.note(peer.read(3));
                    peer.write(OK);
                });
                ProxyRig other = ProxyRig.http(asking)) {
            ProxyRig.Call call = other.start("POST", "/", false, "expect", "100-continue", "content-length", "3");
            assertThat(asking.note()).contains("\r\nexpect: 100-continue\r\n");
            call.sink.await("100", () -> !call.sink.interim().isEmpty());
            call.data("abc", true);
            assertThat(call.end().body()).isEqualTo("ok");
            assertThat(call.sink.interim()).containsExactly("100 []");
            assertThat(asking.note()).isEqualTo("abc");
        }
    }
}
