package dev.adit.tunnel.netty.wire.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The connector's HTTP/2 layer against frames written by hand. */
class TunnelHttp2Test {

    private static final int STREAM_WINDOW = Http2Defaults.INITIAL_STREAM_WINDOW;

    private final List<String> told = new ArrayList<>();
    private final Map<Integer, TunnelStream> streams = new HashMap<>();
    private final ReceiveBudget budget = new ReceiveBudget(256 * 1024);
    private RawPeer peer;

    @BeforeEach
    void connect() throws Exception {
        peer = new RawPeer(TunnelHttp2.connector(new Owner(), budget));
        assertThat(peer.received().get(0)).startsWith("SETTINGS").doesNotContain("ENABLE_PUSH");
        peer.preface();
        peer.received();
    }

    @AfterEach
    void close() {
        peer.channel().finishAndReleaseAll();
        assertThat(budget.held()).isZero();
    }

    @Nested
    class Credit {

        @Test
        void ofTheConnectionIsReturnedOnArrival() throws Exception {
            RawPeer many = new RawPeer(TunnelHttp2.connector(new Owner(), new ReceiveBudget(1 << 30)));
            many.preface();
            for (int i = 0; i < Http2Defaults.CONNECTION_WINDOW / 2 / STREAM_WINDOW; i++) {
                many.request(1 + 2 * i, false);
                for (int sent = 0; sent < STREAM_WINDOW; sent += Http2Defaults.MAX_FRAME_SIZE) {
                    many.data(1 + 2 * i, Http2Defaults.MAX_FRAME_SIZE);
                }
            }
            // The first WINDOW_UPDATE widens the connection's window at its start.
            assertThat(many.received())
                    .filteredOn(frame -> frame.startsWith("WINDOW_UPDATE"))
                    .hasSize(2)
                    .allMatch(frame -> frame.startsWith("WINDOW_UPDATE 0 "));
            many.channel().finishAndReleaseAll();
        }

        @Test
        void ofAStreamIsReturnedOnDelivery() throws Exception {
            peer.request(1, false);
            peer.data(1, 16_000);
            peer.data(1, 16_000);
            peer.data(1, 16_000);
            assertThat(peer.received()).isEmpty();
            streams.get(1).consumed(48_000);
            assertThat(peer.received()).containsExactly("WINDOW_UPDATE 1 48000");
        }

        @Test
        void aStreamThatIsDrainedGetsAWiderWindow() throws Exception {
            RawPeer wide = new RawPeer(TunnelHttp2.connector(new Owner(), new ReceiveBudget(1 << 30)));
            wide.preface();
            wide.received();
            wide.request(1, false);
            long window = STREAM_WINDOW;
            for (int i = 0; i < 1_000; i++) {
                wide.data(1, 16_000);
                streams.get(1).consumed(16_000);
                // Nothing waits for a flush: an update that is not sent can be the one that the peer waits for.
                assertThat(wide.channel().unsafe().outboundBuffer().totalPendingWriteBytes())
                        .isZero();
                window += granted(wide, 1) - 16_000;
            }
            assertThat(window).isBetween(Http2Defaults.MAX_STREAM_WINDOW / 2L, (long) Http2Defaults.MAX_STREAM_WINDOW);
            wide.channel().finishAndReleaseAll();
        }

        @Test
        void aStreamThatIsDrainedSlowlyDoesNot() throws Exception {
            peer.request(1, false);
            for (int i = 0; i < 3; i++) {
                peer.data(1, 16_000);
            }
            long window = STREAM_WINDOW - 48_000;
            for (int i = 0; i < 200; i++) {
                streams.get(1).consumed(16_000);
                window += granted(peer, 1);
                assertThat(window).isLessThanOrEqualTo(STREAM_WINDOW);
                while (window >= 16_000) {
                    peer.data(1, 16_000);
                    window -= 16_000;
                }
            }
        }

        @Test
        void isWithheldBeyondTheBudgetUntilThereIsRoom() throws Exception {
            for (int stream = 1; stream <= 9; stream += 2) {
                fill(stream, stream == 9 ? 1 : 4);
            }
            assertThat(budget.isExceeded()).isTrue();
            streams.get(1).consumed(2_000);
            streams.get(3).consumed(1_000);
            assertThat(peer.received()).isEmpty();

            streams.get(3).consumed(63_000);
            peer.channel().runPendingTasks();
            assertThat(peer.received()).contains("WINDOW_UPDATE 3 64000");
            streams.get(1).consumed(62_000);
            assertThat(peer.received()).contains("WINDOW_UPDATE 1 64000");
        }

        @Test
        void farBeyondTheBudgetTheSlowestStreamIsReset() throws Exception {
            fill(1, 4);
            fill(3, 4);
            streams.get(1).consumed(1);
            fill(5, 4);
            fill(7, 4);
            fill(9, 4);
            fill(11, 1);
            assertThat(peer.received()).contains("RST_STREAM 3 11");
            assertThat(told).contains("reset 3 11").noneMatch(line -> line.startsWith("reset 1 "));
        }

        @Test
        void oneConnectionDoesNotPayForAnother() throws Exception {
            RawPeer modest = new RawPeer(TunnelHttp2.connector(new Owner(), budget));
            modest.preface();
            modest.received();
            for (int stream = 1; stream <= 9; stream += 2) {
                fill(stream, 4);
            }
            assertThat(budget.isExceeded()).isTrue();
            modest.request(101, false);
            for (int i = 0; i < 3; i++) {
                modest.data(101, 16_000);
            }
            streams.get(101).consumed(48_000);
            assertThat(modest.received()).containsExactly("WINDOW_UPDATE 101 48000");
            modest.data(101, 16_000);
            modest.data(101, 16_000);
            assertThat(modest.received()).isEmpty();
            assertThat(told).contains("reset 1 11").noneMatch(line -> line.startsWith("reset 101 "));
            modest.channel().finishAndReleaseAll();
        }

        private void fill(int stream, int frames) throws Exception {
            peer.request(stream, false);
            for (int i = 0; i < frames; i++) {
                peer.data(stream, 16_000);
            }
        }

        private static long granted(RawPeer by, int stream) throws Exception {
            String start = "WINDOW_UPDATE " + stream + " ";
            return by.received().stream()
                    .filter(frame -> frame.startsWith(start))
                    .mapToLong(frame -> Long.parseLong(frame.substring(start.length())))
                    .sum();
        }
    }

    @Nested
    class Faults {

        @Test
        void aFailureOfOurOwnEndsItsStreamOnly() throws Exception {
            peer.headers(1, true, ":method", "GET", ":scheme", "https", ":path", "/throw");
            assertThat(peer.received()).contains("RST_STREAM 1 2");
            peer.request(3, true);
            assertThat(told).contains("stream 3 true");
        }

        @Test
        void aRequestWithoutItsPseudoHeadersIsResetTheConnectionStays() throws Exception {
            peer.headers(1, true, ":method", "GET", ":path", "/");
            assertThat(peer.received()).anyMatch(frame -> frame.startsWith("RST_STREAM 1 "));
            peer.request(3, true);
            assertThat(told).containsExactly("ready", "stream 3 true");
        }

        @Test
        void headersThatAreTooBigEndOneStream() throws Exception {
            String big = "x".repeat((int) Http2Defaults.MAX_HEADER_LIST_SIZE);
            peer.headers(1, true, ":method", "GET", ":scheme", "https", ":path", "/", "big", big);
            assertThat(peer.received()).noneMatch(frame -> frame.startsWith("GOAWAY"));
            peer.request(3, true);
            assertThat(told).containsExactly("ready", "stream 3 true");
        }

        @Test
        void headersOfAMebibyteAreTaken() throws Exception {
            String big = "x".repeat(1024 * 1024);
            peer.headers(1, true, ":method", "GET", ":scheme", "https", ":path", "/", "big", big);
            assertThat(told).containsExactly("ready", "stream 1 true");
        }

        @Test
        void manyVisitorsWhoLeaveDoNotEndTheConnection() throws Exception {
            for (int i = 0; i < 5_000; i++) {
                peer.request(1 + 2 * i, false);
                peer.reset(1 + 2 * i, 8);
            }
            assertThat(peer.received()).noneMatch(frame -> frame.startsWith("GOAWAY"));
            assertThat(peer.channel().isOpen()).isTrue();
        }

        @Test
        void theEndOfTheConnectionIsToldToStreamsAndOwner() throws Exception {
            peer.request(1, false);
            peer.data(1, 1_000);
            peer.channel().close();
            assertThat(told).endsWith("reset 1 -1", "closed null");
        }

        @Test
        void afterAResetNothingIsWrittenAndCreditIsHarmless() throws Exception {
            peer.request(1, false);
            peer.data(1, 1_000);
            peer.reset(1, 8);
            TunnelStream stream = streams.get(1);
            stream.writeHeaders(new DefaultHttp2Headers().status("200"), false);
            stream.writeData(Unpooled.wrappedBuffer(new byte[10]), true);
            stream.consumed(1_000);
            stream.flush();
            assertThat(told).contains("reset 1 8");
            assertThat(peer.received()).isEmpty();
        }
    }

    @Nested
    class Opening {

        private static final int MAX_CONCURRENT_STREAMS = 3;

        @Test
        void aFullPeerIsFullForAWhileOneThatGoesAwayForGood() {
            TunnelHttp2 http2 = TunnelHttp2.edge(new Owner(), budget);
            RawPeer connector = new RawPeer(http2);
            connector.settings(MAX_CONCURRENT_STREAMS, 1);
            StreamReceiver receiver = receiver(1);
            assertThat(http2.open(get(), true, receiver)).isNotNull();
            assertThat(http2.open(get(), true, receiver)).isNull();
            assertThat(http2.opensStreams()).isTrue();

            connector.reset(1, 8);
            assertThat(http2.open(get(), true, receiver)).isNotNull();
            connector.goAway(0);
            assertThat(http2.opensStreams()).isFalse();
            connector.channel().finishAndReleaseAll();
        }

        private static Http2Headers get() {
            return new DefaultHttp2Headers().method("GET").scheme("https").path("/");
        }
    }

    @Nested
    class Writing {

        @Test
        void stopsAtThePeersWindowAndGoesOnWhenItOpens() throws Exception {
            peer.request(1, true);
            TunnelStream stream = streams.get(1);
            stream.writeHeaders(new DefaultHttp2Headers().status("200"), false);
            int written = 0;
            while (stream.isWritable()) {
                stream.writeData(Unpooled.wrappedBuffer(new byte[16_000]), false);
                written += 16_000;
                stream.flush();
            }
            assertThat(written).isBetween(65_535, 65_535 + 2 * 16_000);
            told.clear();
            peer.received();
            peer.windowUpdate(0, 1_000_000);
            peer.windowUpdate(1, 1_000_000);
            assertThat(told).contains("writable 1 true");
            assertThat(stream.isWritable()).isTrue();
        }
    }

    @Test
    void aSocketThatIsFullForAMomentDoesNotStopAStreamForEver() throws Exception {
        peer.request(1, false);
        TunnelStream stream = streams.get(1);
        ChannelOutboundBuffer socket = peer.channel().unsafe().outboundBuffer();
        socket.setUserDefinedWritability(1, false); // full; the event comes later, as it does behind a TLS handler
        ByteBuf windowUpdate = Unpooled.buffer().writeMedium(4).writeByte(8).writeByte(0);
        peer.channel().pipeline().fireChannelRead(windowUpdate.writeInt(1).writeInt(1_000));
        assertThat(stream.isWritable()).isFalse();

        socket.setUserDefinedWritability(1, true);
        peer.channel().runPendingTasks();
        assertThat(stream.isWritable()).isTrue();
        assertThat(told).containsSubsequence("writable 1 false", "writable 1 true");
    }

    private StreamReceiver receiver(int id) {
        return new StreamReceiver() {
            @Override
            public void onHeaders(Http2Headers trailers, boolean end) {}

            @Override
            public void onData(ByteBuf data, boolean end) {
                data.release();
            }

            @Override
            public void onWritabilityChanged() {
                TunnelStream stream = streams.get(id);
                told.add("writable " + id + " " + (stream != null && stream.isWritable()));
            }

            @Override
            public void onReset(long errorCode) {
                told.add("reset " + id + " " + errorCode);
            }
        };
    }

    private final class Owner implements ConnectionOwner {

        @Override
        public void onReady() {
            told.add("ready");
        }

        @Override
        public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
            if ("/throw".contentEquals(headers.path())) {
                throw new IllegalStateException("a bug of ours");
            }
            told.add("stream " + stream.id() + " " + endStream);
            streams.put(stream.id(), stream);
            return receiver(stream.id());
        }

        @Override
        public void onClosed(@Nullable Throwable cause) {
            told.add("closed " + cause);
        }
    }
}
