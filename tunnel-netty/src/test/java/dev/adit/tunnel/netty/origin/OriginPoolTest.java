package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Idle connections: kept, timed out, gone stale, spoiled; and what is sent once more. */
class OriginPoolTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** The first connection answers once and dies at the second request; later ones answer always. */
    private static ScriptedOrigin stale() throws Exception {
        return new ScriptedOrigin(peer -> {
            peer.message();
            peer.write(OK);
            if (peer.number() == 1) {
                peer.note(peer.head());
                return;
            }
            while (true) {
                peer.note(peer.message());
                peer.write(OK);
            }
        });
    }

    @Test
    void staleConnectionIsReplacedForGet() throws Exception {
        try (ScriptedOrigin origin = stale();
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get("/1").end();
            RecordingSink sink = rig.get("/2").end();
            assertThat(sink.status()).isEqualTo(200);
            assertThat(origin.connections()).isEqualTo(2);
        }
    }

    @Test
    void emptyPostIsNotSentTwice() throws Exception {
        try (ScriptedOrigin origin = stale();
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get("/1").end();
            RecordingSink sink = rig.start("POST", "/2", true).end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void postIsSentAgainWhileItsBodyHasNotBegun() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    if (peer.number() == 1) {
                        peer.message();
                        peer.write(OK);
                        peer.head();
                    } else {
                        peer.note(peer.head());
                        peer.note(peer.read(3));
                        peer.write(OK);
                    }
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get("/1").end();
            ProxyRig.Call call = rig.start("POST", "/2", false, "content-length", "3");
            assertThat(origin.note()).startsWith("POST /2 ");
            call.data("abc", true);
            assertThat(call.end().status()).isEqualTo(200);
            assertThat(origin.note()).isEqualTo("abc");
        }
    }

    @Test
    void postIsNotSentAgainOnceItsBodyHasBegun() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write(OK);
                    peer.head();
                    peer.read(1);
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get("/1").end();
            ProxyRig.Call call =
                    rig.start("POST", "/2", false, "content-length", "3").data("a", false);
            assertThat(call.end().failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void freshConnectionThatDiesIsNotReplaced() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(ScriptedOrigin.Peer::head);
                ProxyRig rig = ProxyRig.http(origin)) {
            assertThat(rig.get("/").end().failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void bytesOnAnIdleConnectionSpoilIt() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.note(peer.message());
                    peer.write(OK);
                    if (peer.number() == 1) {
                        peer.socket().getInputStream();
                        peer.note("idle");
                        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                        peer.note("end:" + peer.untilEnd());
                    } else {
                        peer.untilEnd();
                    }
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            assertThat(rig.get("/1").end().body()).isEqualTo("ok");
            origin.note();
            assertThat(origin.note()).isEqualTo("idle");
            assertThat(origin.note()).startsWith("end:");
            assertThat(rig.get("/2").end().body()).isEqualTo("ok");
            assertThat(origin.connections()).isEqualTo(2);
        }
    }

    @Test
    void idleConnectionIsClosedAfterItsTime() throws Exception {
        OriginOptions brief =
                OriginOptions.builder().keepAliveTimeout(Duration.ofMillis(50)).build();
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write(OK);
                    peer.note("end:" + peer.untilEnd());
                });
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), brief)) {
            rig.get("/").end();
            assertThat(origin.note()).isEqualTo("end:");
        }
    }

    @Test
    void closeEndsIdleConnectionsAndKeepsNoMore() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write(OK);
                    peer.note("end:" + peer.untilEnd());
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            rig.get("/").end();
            rig.proxy().close();
            assertThat(origin.note()).isEqualTo("end:");
            assertThat(rig.get("/").end().status()).isEqualTo(200);
            assertThat(origin.note()).isEqualTo("end:");
        }
    }

    @Test
    void idleLimitHoldsForTheWholeProxy() throws Exception {
        OriginOptions two = OriginOptions.builder().keepAliveConnections(2).build();
        CountDownLatch allAsked = new CountDownLatch(3);
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    allAsked.countDown();
                    allAsked.await();
                    peer.write(OK);
                    peer.note("end:" + peer.untilEnd());
                });
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), two)) {
            List<ProxyRig.Call> calls = List.of(rig.get("/1"), rig.get("/2"), rig.get("/3"));
            for (ProxyRig.Call call : calls) {
                call.end();
            }
            assertThat(origin.connections()).isEqualTo(3);
            assertThat(origin.note()).as("one too many").isEqualTo("end:");
        }
    }
}
