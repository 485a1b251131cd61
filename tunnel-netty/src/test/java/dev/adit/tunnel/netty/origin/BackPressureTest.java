package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Neither a slow visitor nor a slow origin makes bytes pile up here. */
class BackPressureTest {

    private static final int MIB = 1 << 20;

    @Test
    void slowVisitorPausesTheOrigin() throws Exception {
        int size = 32 * MIB;
        byte[] piece = new byte[MIB];
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.message();
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                    for (int sent = 0; sent < size; sent += piece.length) {
                        peer.write(piece);
                    }
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call =
                    rig.start("POST", "/", false, "content-length", "3").pauseEvery(128 * 1024);
            call.data("abc", true);
            assertThat(call.end().failure()).isNull();
            assertThat(call.sink.bodyLength()).isEqualTo(size);
            assertThat(call.sink.maxOverrun()).isLessThanOrEqualTo(256 * 1024);
        }
    }

    @Test
    void slowOriginHoldsCreditBack() throws Exception {
        int size = 64 * MIB;
        int window = 256 * 1024;
        int piece = 16 * 1024;
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    go.await();
                    peer.socket().getInputStream().skipNBytes(size);
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
                ProxyRig rig = ProxyRig.http(origin)) {
            ProxyRig.Call call = rig.start("PUT", "/", false, "content-length", "" + size);
            int sent = 0;
            int turnsWithoutCredit = 0;
            while (turnsWithoutCredit < 200) {
                if (sent - call.sink.consumed() + piece <= window) {
                    call.batch(c -> c.data(Unpooled.wrappedBuffer(new byte[piece]), false));
                    sent += piece;
                    turnsWithoutCredit = 0;
                } else {
                    rig.onLoop(() -> {});
                    turnsWithoutCredit++;
                }
            }
            assertThat(sent).as("what sockets and one window hold").isLessThan(size / 2);
            go.countDown();
            while (sent < size) {
                long awaited = sent + (long) piece - window;
                call.sink.await("credit", () -> call.sink.consumed() >= awaited);
                sent += piece;
                boolean end = sent == size;
                call.batch(c -> c.data(Unpooled.wrappedBuffer(new byte[piece]), end));
            }
            assertThat(call.end().status()).isEqualTo(200);
            call.sink.await("all credit", () -> call.sink.consumed() == size);
        }
    }
}
