package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.netty.edge.RawVisitor.Response;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connectors that break the rules: their visitors get an honest failure, the edge keeps nothing for them. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileConnectorTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    /** In HPACK's static table. */
    private static final int STATUS_NAME = 8;

    private EdgeFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new EdgeFixture();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    /** A header block with a status alone, as a literal that goes into no table. */
    private static byte[] status(String value) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(STATUS_NAME);
        block.write(value.length());
        block.writeBytes(value.getBytes(StandardCharsets.ISO_8859_1));
        return block.toByteArray();
    }

    @Test
    void anInterimHeadAfterTheFinalOneIsNoEndOfTheResponse() throws Exception {
        fixture.connector.onRequest(call -> {
            call.head(200, false).data("half", false);
            fixture.connector.frame(HEADERS, END_HEADERS, call.stream.id(), status("103"));
        });
        try (RawVisitor visitor = fixture.visitor()) {
            Response response = visitor.send(GET).response();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.complete()).isFalse();
            assertThat(fixture.connector.next().awaitReset()).isNotNegative();
        }
    }

    @Test
    void anInterimHeadThatEndsTheStreamIsABadGateway() throws Exception {
        fixture.connector.onRequest(
                call -> fixture.connector.frame(HEADERS, END_HEADERS | END_STREAM, call.stream.id(), status("103")));
        try (RawVisitor visitor = fixture.visitor()) {
            assertThat(visitor.send(GET).response().status()).isEqualTo(502);
        }
    }

    @Test
    void aBodyWithoutAHeadIsABadGateway() throws Exception {
        fixture.connector.onRequest(call -> fixture.connector.frame(
                DATA, END_STREAM, call.stream.id(), "body".getBytes(StandardCharsets.US_ASCII)));
        try (RawVisitor visitor = fixture.visitor()) {
            assertThat(visitor.send(GET).response().status()).isEqualTo(502);
        }
    }

    @Test
    void aStreamThatAConnectorOpensEndsItsConnection() throws Exception {
        fixture.connector.frame(HEADERS, END_HEADERS, 2, status("200"));
        fixture.connector.awaitClosed();
    }

    @Test
    void whoAsksOnTheControlStreamAndReadsNoAnswersIsClosed() throws Exception {
        fixture.connector.frame(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0}); // windows of 0
        int words = 1_500;
        byte[] unknown = new byte[8 * (words + 1)]; // a message of a kind that does not exist, which is sent back whole
        unknown[4] = (byte) words;
        unknown[5] = (byte) (words >> 8);
        unknown[12] = 1;
        unknown[16] = 99;
        for (int i = 0; i < 100; i++) {
            fixture.connector.frame(DATA, 0, 1, unknown);
        }
        fixture.connector.awaitClosed();
        try (RawVisitor visitor = fixture.visitor()) {
            assertThat(visitor.send(GET).response().status()).isEqualTo(530);
        }
    }

    @Test
    void whatFollowsAfterAWebSocketVisitorLeftIsTakenAndDropped() throws Exception {
        String key = "dGhlIHNhbXBsZSBub25jZQ==";
        String accept = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-1")
                        .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII)));
        fixture.connector.onRequest(
                call -> call.head(200, false, "Upgrade", "websocket", "Sec-WebSocket-Accept", accept));
        ScriptedCall call;
        try (RawVisitor visitor = fixture.visitor()) {
            visitor.send("GET /ws HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n");
            assertThat(visitor.response().status()).isEqualTo(101);
            call = fixture.connector.next();
        }
        call.awaitBody();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        send(call, 40, sent);
        sent.get(20, TimeUnit.SECONDS);
    }

    /** Sends pieces, each when the edge has given credit for those before. */
    private static void send(ScriptedCall call, int pieces, CompletableFuture<Void> sent) {
        call.stream.eventLoop().execute(() -> {
            call.data(new byte[16 * 1024], false);
            if (pieces == 0) {
                sent.complete(null);
            } else if (call.stream.isWritable()) {
                send(call, pieces - 1, sent);
            } else {
                call.onWritable = () -> {
                    call.onWritable = null;
                    send(call, pieces - 1, sent);
                };
            }
        });
    }

    @Test
    void interimHeadsArePiledUpForNobody() throws Exception {
        int flood = 1_500;
        byte[] hint = hint(10 * 1024);
        fixture.connector.onRequest(call -> {});
        try (RawVisitor visitor = new RawVisitor(fixture.edge.publicAddress(), 4096)) {
            visitor.send(GET);
            ScriptedCall call = fixture.connector.next();
            for (int i = 0; i < flood; i++) {
                fixture.connector.frame(HEADERS, END_HEADERS, call.stream.id(), hint);
            }
            try (RawVisitor other = fixture.visitor()) { // behind the flood on the same connection
                other.send(GET);
                fixture.connector.next().ok("ok");
                assertThat(other.response().status()).isEqualTo(200);
            }
            call.ok("ok");
            int interim = 0;
            Response response = visitor.response();
            while (response.status() == 103) {
                interim++;
                response = visitor.response();
            }
            assertThat(response.body()).isEqualTo("ok");
            assertThat(interim).isLessThan(flood * 3 / 4);
        }
    }

    /** A header block of a 103 with one long serialised header, as literals that go into no table. */
    private static byte[] hint(int length) {
        byte[] name = "cf-cloudflared-response-headers".getBytes(StandardCharsets.US_ASCII);
        byte[] value = ("WA:" + "YWFh".repeat(length / 4)).getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(status("103"));
        block.write(0);
        block.write(name.length);
        block.writeBytes(name);
        block.write(0x7F); // the length, as HPACK writes integers: 127 and the rest in groups of 7 bits
        int rest = value.length - 0x7F;
        for (; rest > 0x7F; rest >>= 7) {
            block.write((rest & 0x7F) | 0x80);
        }
        block.write(rest);
        block.writeBytes(value);
        return block.toByteArray();
    }

    @Test
    void anInterimHeadWithSpaceBeforeAValueHarmsNobody() throws Exception {
        fixture.connector.onRequest(call -> {
            String serialised = Base64.getEncoder()
                            .withoutPadding()
                            .encodeToString("link".getBytes(StandardCharsets.US_ASCII))
                    + ":"
                    + Base64.getEncoder().withoutPadding().encodeToString(" \t x".getBytes(StandardCharsets.US_ASCII));
            call.raw(new DefaultHttp2Headers().status("103").set("cf-cloudflared-response-headers", serialised), false);
            call.ok("ok");
        });
        try (RawVisitor visitor = fixture.visitor()) {
            Response response = visitor.send(GET).response();
            if (response.status() == 103) {
                response = visitor.response();
            }
            assertThat(response.status()).isEqualTo(200);
        }
    }
}
