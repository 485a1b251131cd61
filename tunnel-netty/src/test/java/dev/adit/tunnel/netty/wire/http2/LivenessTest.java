package dev.adit.tunnel.netty.wire.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a silent peer is asked and given up, with time made by the test. */
class LivenessTest {

    private static final String PREFACE =
            HexFormat.of().formatHex("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    private static final String EMPTY_SETTINGS = "000000040000000000";
    private static final String PING_HEAD = "0000080600" + "00000000";
    private static final String PONG_HEAD = "0000080601" + "00000000";
    private static final String PEER_PING = "0000080600" + "00000000" + "0102030405060708";

    private final Owner owner = new Owner();
    private EmbeddedChannel channel = new EmbeddedChannel();

    @BeforeEach
    void open() {
        TunnelHttp2 http2 = TunnelHttp2.connector(owner, new ReceiveBudget(1 << 20));
        channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new Liveness(http2)).addLast(http2);
        receive(PREFACE + EMPTY_SETTINGS);
        sent();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void aSilentPeerIsAskedAfterFiveSecondsAndGivenUpAfterTen() {
        pass(4_900);
        assertThat(sent()).doesNotContain(PING_HEAD);
        pass(200);
        assertThat(sent()).containsOnlyOnce(PING_HEAD);
        pass(4_800);
        assertThat(sent()).isEmpty();
        assertThat(channel.isOpen()).isTrue();
        pass(200);
        assertThat(channel.isOpen()).isFalse();
        assertThat(owner.cause).isInstanceOf(PeerSilentException.class).hasMessageContaining("for 10 s");
    }

    @Test
    void aPeerThatAnswersIsAskedAgainFiveSecondsLater() {
        for (int round = 0; round < 5; round++) {
            pass(5_100);
            String ping = sent();
            assertThat(ping).containsOnlyOnce(PING_HEAD);
            receive(PONG_HEAD + ping.substring(ping.length() - 16));
        }
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aBusyConnectionIsNotAsked() {
        for (int i = 0; i < 100; i++) {
            pass(1_000);
            receive(PEER_PING);
        }
        assertThat(sent()).doesNotContain(PING_HEAD).contains(PONG_HEAD);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void whoWasHeldUpHimselfAsksBeforeHeGivesUp() {
        pass(5_100);
        sent();
        pass(60_000);
        assertThat(channel.isOpen()).isTrue();
        assertThat(sent()).containsOnlyOnce(PING_HEAD);
        receive(PEER_PING);
        pass(4_900);
        assertThat(channel.isOpen()).isTrue();
        pass(200);
        pass(5_000);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aClosedConnectionHasNoTimer() {
        channel.close();
        pass(60_000);
        assertThat(owner.cause).isNull();
        assertThat(owner.closed).isTrue();
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runPendingTasks();
        channel.runScheduledPendingTasks();
    }

    private void receive(String hex) {
        channel.writeInbound(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
    }

    private String sent() {
        StringBuilder hex = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes).release();
            hex.append(HexFormat.of().formatHex(bytes));
        }
        return hex.toString();
    }

    private static final class Owner implements ConnectionOwner {

        private @Nullable Throwable cause;
        private boolean closed;

        @Override
        public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
            throw new AssertionError("No stream is opened");
        }

        @Override
        public void onClosed(@Nullable Throwable why) {
            closed = true;
            cause = why;
        }
    }
}
