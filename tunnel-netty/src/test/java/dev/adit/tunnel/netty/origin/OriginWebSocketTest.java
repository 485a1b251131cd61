package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.OriginFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw bytes only after a proven upgrade. Key and answer are those of RFC 6455 section 1.3. */
class OriginWebSocketTest {

    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            .concat("Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");

    @Test
    void bytesGoBothWaysAfterTheUpgrade() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.note(peer.head());
                    peer.write(SWITCH + "hello");
                    peer.note(peer.read(3));
                    peer.write("world");
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY, "sec-websocket-protocol", "chat");
            assertThat(origin.note())
                    .startsWith("GET /ws HTTP/1.1\r\n")
                    .contains("\r\nconnection: upgrade\r\n", "\r\nupgrade: websocket\r\n")
                    .contains("\r\nsec-websocket-version: 13\r\n", "\r\nsec-websocket-key: " + KEY + "\r\n")
                    .contains("\r\nsec-websocket-protocol: chat\r\n")
                    .doesNotContain("transfer-encoding");
            call.sink.await("hello", () -> call.sink.body().equals("hello"));
            assertThat(call.sink.status()).isEqualTo(101);
            assertThat(call.sink.header("Upgrade")).isEqualTo("websocket");
            call.data("abc", false);
            assertThat(origin.note()).isEqualTo("abc");
            assertThat(call.end().failure()).isNull();
            assertThat(call.sink.body()).isEqualTo("helloworld");
            assertThat(call.sink.consumed()).isEqualTo(3);
        }
    }

    @Test
    void earlyBytesWaitForTheUpgrade() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.note("available:" + peer.socket().getInputStream().available());
                    peer.write(SWITCH);
                    peer.note("then:" + peer.untilEnd());
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY).data("early", true);
            assertThat(origin.note()).isEqualTo("available:0");
            assertThat(origin.note()).isEqualTo("then:early");
            assertThat(call.end().failure()).isNull();
        }
    }

    @Test
    void refusalIsAnOrdinaryResponse() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
                    peer.note("then:" + peer.untilEnd());
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY).data("GET /evil HTTP/1.1\r\n\r\n", false);
            assertThat(call.end().status()).isEqualTo(403);
            assertThat(call.sink.body()).isEqualTo("no");
            assertThat(call.sink.consumed()).isEqualTo(22);
            assertThat(origin.note()).startsWith("then:").doesNotContain("evil");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n",
                "Upgrade: websocket\r\n",
                "Upgrade: h2c\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            })
    void unprovenUpgradeIs502(String headers) throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + headers + "\r\nraw");
                    peer.untilEnd();
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            RecordingSink sink = rig.webSocket("sec-websocket-key", KEY).end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(sink.bodyLength()).isZero();
        }
    }

    @Test
    void resetIsACut() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write(SWITCH);
                    peer.read(1);
                    peer.reset();
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            call.sink.awaitHead();
            call.data("x", false);
            assertThat(call.end().failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        }
    }

    @Test
    void whoLeavesClosesBehindTheFrameThatIsOnItsWay() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write(SWITCH + "\u0082\u0006abc");
                    peer.read(2);
                    peer.write("def\u0082\u0003xyz");
                    peer.note("then:" + peer.untilEnd());
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            call.sink.await("half a frame", () -> call.sink.bodyLength() == 5);
            call.batch(OriginCall::goingAway);
            assertThat(call.sink.bodyLength()).isEqualTo(5);
            call.data("go", false);
            call.sink.await("the frame and a close", () -> call.sink.bodyLength() >= 12);
            call.data("bye", true);
            assertThat(origin.note()).isEqualTo("then:bye");
            assertThat(call.end().failure()).isNull();
            assertThat(call.sink.body()).isEqualTo("\u0082\u0006abcdef\u0088\u0002\u0003\u00e9");
        }
    }

    @Test
    void anOriginThatHasClosedIsNotClosedForAgain() throws Exception {
        String closing = "\u0088\u0002\u0003\u00e8";
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write(SWITCH + closing.substring(0, 1));
                    peer.read(2);
                    peer.write(closing.substring(1) + "rest");
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            call.sink.await("part of a close", () -> call.sink.bodyLength() == 1);
            call.batch(OriginCall::goingAway).data("go", false);
            assertThat(call.end().failure()).isNull();
            assertThat(call.sink.body()).isEqualTo(closing + "rest");
        }
    }
}
