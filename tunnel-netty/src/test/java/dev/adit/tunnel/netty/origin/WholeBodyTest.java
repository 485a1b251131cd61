package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code disableChunkedEncoding}: bodies of unknown length are held back, and get a length. */
class WholeBodyTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final OriginOptions WHOLE =
            OriginOptions.builder().disableChunkedEncoding(true).build();
    private static final int LIMIT = 1024 * 1024;

    private ScriptedOrigin origin;
    private ReceiveBudget budget;
    private ProxyRig rig;

    @BeforeEach
    void open() throws Exception {
        origin = ScriptedOrigin.always(OK);
        budget = new ReceiveBudget(4 * LIMIT);
        rig = rig(WHOLE);
    }

    private ProxyRig rig(OriginOptions options) {
        return new ProxyRig(
                new NameResolver(),
                shared -> OriginProxies.of(
                        Origin.http("127.0.0.1", origin.port()),
                        options,
                        new OriginResources(
                                shared.channel(),
                                shared.resolver(),
                                shared.resolver(),
                                shared.handlerExecutor(),
                                budget)));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        origin.close();
        assertThat(budget.held()).as("what is still counted as held").isZero();
    }

    @Test
    void theOriginGetsTheLengthAndHearsNothingBeforeTheEnd() throws Exception {
        ProxyRig.Call call = rig.start("POST", "/", false).data("abc", false).data("de", false);
        assertThat(call.sink.consumed()).as("credit while the body is held").isEqualTo(5);
        assertThat(budget.held()).isEqualTo(5);
        assertThat(origin.connections()).isZero();
        call.data("f", true);
        assertThat(call.end().status()).isEqualTo(200);
        assertThat(origin.note()).isEqualTo("POST / HTTP/1.1\r\nhost: app.test\r\ncontent-length: 6\r\n\r\nabcdef");
        assertThat(call.sink.consumed()).isEqualTo(6);
    }

    /** cloudflared writes such a body without any framing, so that the origin takes it for the next request. */
    @Test
    void aBodyThatLooksLikeARequestStaysABody() throws Exception {
        String smuggled = "GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n";
        rig.start("POST", "/first", false).data(smuggled, true).end();
        assertThat(origin.note()).startsWith("POST /first ").endsWith("\r\n\r\n" + smuggled);
        rig.get("/next").end();
        assertThat(origin.note()).startsWith("GET /next ");
        assertThat(origin.connections()).isEqualTo(1);
    }

    @Test
    void theLongestBodyPassesInManyPieces() throws Exception {
        ProxyRig.Call call = rig.start("PUT", "/", false);
        int piece = 16 * 1024;
        for (int sent = piece; sent <= LIMIT; sent += piece) {
            boolean end = sent == LIMIT;
            call.batch(c -> c.data(Unpooled.wrappedBuffer(new byte[piece]), end));
        }
        assertThat(call.end().status()).isEqualTo(200);
        assertThat(origin.note()).contains("\r\ncontent-length: 1048576\r\n").hasSizeGreaterThan(LIMIT);
        call.sink.await("all credit", () -> call.sink.consumed() == LIMIT);
    }

    @Test
    void aLongerBodyIs413AndTheOriginNeverHearsOfIt() throws Exception {
        ProxyRig.Call call = rig.start("PUT", "/", false)
                .batch(c -> c.data(Unpooled.wrappedBuffer(new byte[LIMIT]), false))
                .data("x", false);
        assertThat(call.end().failure()).isEqualTo(OriginFailure.REQUEST_TOO_LARGE);
        assertThat(OriginFailure.REQUEST_TOO_LARGE.status()).isEqualTo(413);
        assertThat(call.sink.message()).contains("1048576", "disableChunkedEncoding");
        call.data("more", true);
        assertThat(call.sink.consumed()).isEqualTo(LIMIT + 5);
        assertThat(origin.connections()).isZero();
    }

    @Test
    void aBodyThatBreaksOffNeverReachesTheOrigin() throws Exception {
        rig.start("POST", "/cut", false).data("half", false).cancel();
        assertThat(budget.held()).isZero();
        rig.get("/next").end();
        assertThat(origin.note()).startsWith("GET /next ");
        assertThat(origin.connections()).isEqualTo(1);
    }

    @Test
    void aBodyOfKnownLengthIsNotHeldBack() throws Exception {
        try (ScriptedOrigin streaming = new ScriptedOrigin(peer -> {
                    peer.note(peer.head());
                    peer.note(peer.read(4));
                    peer.write(OK);
                });
                ProxyRig other = new ProxyRig(Origin.http("127.0.0.1", streaming.port()), WHOLE)) {
            ProxyRig.Call call =
                    other.start("POST", "/", false, "content-length", "4").data("ab", false);
            assertThat(streaming.note()).contains("\r\ncontent-length: 4\r\n");
            call.data("cd", true).end();
            assertThat(streaming.note()).isEqualTo("abcd");
        }
    }

    @Test
    void anEmptyBodyIsNone() throws Exception {
        rig.start("POST", "/", false).data("", true).end();
        assertThat(origin.note()).endsWith("\r\ncontent-length: 0\r\n\r\n");
        rig.start("GET", "/", false).data("", true).end();
        assertThat(origin.note()).isEqualTo("GET / HTTP/1.1\r\nhost: app.test\r\n\r\n");
    }

    @Test
    void trailersHaveNoPlaceBesideALengthInHttp1() throws Exception {
        rig.start("POST", "/", false, "trailer", "x-sum")
                .data("abc", false)
                .trailers("x-sum", "6")
                .end();
        assertThat(origin.note()).isEqualTo("POST / HTTP/1.1\r\nhost: app.test\r\ncontent-length: 3\r\n\r\nabc");
    }

    @Test
    void http2OriginsGetTheLengthAndTheTrailers() throws Exception {
        StringBuilder seen = new StringBuilder();
        try (ScriptedHttp2Origin http2 = new ScriptedHttp2Origin(frame -> {
                    seen.append(frame.kind).append(' ').append(frame.text);
                    if (frame.headers != null) {
                        for (Map.Entry<CharSequence, CharSequence> field : frame.headers) {
                            seen.append(field.getKey())
                                    .append('=')
                                    .append(field.getValue())
                                    .append(' ');
                        }
                    }
                    if (frame.end) {
                        frame.head(true, ":status", "204");
                    }
                });
                ProxyRig other = new ProxyRig(Origin.h2c("127.0.0.1", http2.port()), WHOLE)) {
            ProxyRig.Call call = other.start("POST", "/", false).data("abc", false);
            assertThat(http2.connections()).isZero();
            assertThat(call.trailers("x-sum", "6").end().status()).isEqualTo(204);
            assertThat(seen.toString()).contains("content-length=3 ", "DATA abc", "x-sum=6");
        }
    }

    /** The visitor would wait for the origin's leave, and the origin for the visitor's body. */
    @Test
    void aVisitorWhoWaitsForLeaveToSendGetsIt() throws Exception {
        ProxyRig.Call call = rig.start("POST", "/", false, "expect", "100-continue");
        assertThat(call.sink.interim()).containsExactly("100 []");
        call.data("abc", true).end();
        assertThat(origin.note()).isEqualTo("POST / HTTP/1.1\r\nhost: app.test\r\ncontent-length: 3\r\n\r\nabc");
    }

    @Test
    void webSocketsAreNotHeldBack() throws Exception {
        ProxyRig.Call call = rig.webSocket("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        assertThat(origin.note()).startsWith("GET /ws ").contains("\r\nupgrade: websocket\r\n");
        call.end();
    }

    @Test
    void aBodyForWhichThereIsNoMemoryIs503() throws Exception {
        assertThat(budget.tryHold(4 * LIMIT - 10)).isTrue();
        ProxyRig.Call call =
                rig.start("POST", "/", false).data("0123456789", false).data("a", false);
        assertThat(call.end().failure()).isEqualTo(OriginFailure.OVERLOADED);
        assertThat(OriginFailure.OVERLOADED.status()).isEqualTo(503);
        rig.start("POST", "/after", false).data("0123456789", true).end();
        assertThat(origin.note()).startsWith("POST /after ").endsWith("0123456789");
        budget.release(4 * LIMIT - 10);
    }

    @Test
    void aBodyThatStopsComingIs408() throws Exception {
        OriginOptions hasty =
                WHOLE.toBuilder().responseTimeout(Duration.ofMillis(100)).build();
        try (ProxyRig other = rig(hasty)) {
            ProxyRig.Call call = other.start("POST", "/", false).data("half", false);
            assertThat(call.end().failure()).isEqualTo(OriginFailure.REQUEST_TIMED_OUT);
            assertThat(call.sink.message()).contains("100 ms");
            assertThat(origin.connections()).isZero();
        }
    }

    @Test
    void aRequestThatCannotBePassedOnLeavesNothingBehind() throws Exception {
        ProxyRig.Call call = rig.start("CONNECT", "/", false).data("abc", true);
        assertThat(call.end().failure()).isEqualTo(OriginFailure.REQUEST_INVALID);
        assertThat(budget.held()).isZero();
    }
}
