package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import org.junit.jupiter.api.Test;

/** Requests as the origin gets them, and the plain ways an answer can come. */
class HttpOriginProxyTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Case: Kept\r\n\r\nok";

    @Test
    void getGoesThroughAndBack() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.get("/a/b?x=1", ":method", "GET", "user-agent", "ua/1", "x-b", "2")
                    .end();

            assertThat(origin.note())
                    .isEqualTo("GET /a/b?x=1 HTTP/1.1\r\nhost: app.test\r\nuser-agent: ua/1\r\nx-b: 2\r\n\r\n");
            assertThat(sink.status()).isEqualTo(200);
            assertThat(sink.header("X-Case")).isEqualTo("Kept");
            assertThat(sink.body()).isEqualTo("ok");
        }
    }

    @Test
    void connectionIsKeptAndUsedAgain() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = ProxyRig.http(origin)) {
            for (int i = 0; i < 10; i++) {
                assertThat(rig.get("/" + i).end().status()).isEqualTo(200);
            }
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void keepsNoneIfToldSo() throws Exception {
        OriginOptions none = OriginOptions.builder().keepAliveConnections(0).build();
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), none)) {
            rig.get("/1").end();
            rig.get("/2").end();
            assertThat(origin.connections()).isEqualTo(2);
        }
    }

    @Test
    void everyOctetOfTheTargetArrives() throws Exception {
        StringBuilder target = new StringBuilder("/");
        for (char c = 0x21; c <= 0xFF; c++) {
            target.append(c);
        }
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get(target.toString()).end();
            assertThat(origin.note()).startsWith("GET " + target + " HTTP/1.1\r\n");
        }
    }

    @Test
    void bodyOfKnownLengthIsFramedByIt() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.start("POST", "/", false, "content-length", "6")
                    .data("abc", false)
                    .data("def", true)
                    .end();
            assertThat(origin.note()).isEqualTo("POST / HTTP/1.1\r\nhost: app.test\r\ncontent-length: 6\r\n\r\nabcdef");
            assertThat(sink.consumed()).isEqualTo(6);
        }
    }

    @Test
    void bodyOfUnknownLengthIsChunked() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.start("POST", "/", false).data("abc", false).data("de", true).end();
            assertThat(origin.note())
                    .isEqualTo(
                            "POST / HTTP/1.1\r\nhost: app.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        }
    }
}
