package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginHandler;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.OriginWebSocket;
import dev.adit.tunnel.OriginWebSocket.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class HandlerWebSocketTest {
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final HandlerExecutors EXECUTOR = HandlerExecutors.ownThreads();

    @AfterAll
    static void stop() {
        EXECUTOR.close();
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** What to do with an open WebSocket. */
    private interface Talk {
        void with(OriginWebSocket socket) throws Exception;
    }

    private static FakeVisitor connect(Talk talk) {
        return open(exchange -> talk.with(exchange.acceptWebSocket(HeaderFields.empty())));
    }

    /** The same with a visitor who takes nothing yet. */
    private static FakeVisitor connectStuck(Talk talk) {
        return open(
                new FakeVisitor(LOOP).takes(0), exchange -> talk.with(exchange.acceptWebSocket(HeaderFields.empty())));
    }

    private static FakeVisitor open(OriginHandler handler) {
        return open(new FakeVisitor(LOOP), handler);
    }

    private static FakeVisitor open(FakeVisitor visitor, OriginHandler handler) {
        return visitor.forWebSocket()
                .begins(new HandlerOriginProxy(handler, OriginOptions.defaults(), EXECUTOR), false);
    }

    /** Sends everything back until the visitor closes. */
    private static void echo(OriginWebSocket socket) throws IOException {
        for (Message message = socket.receive(); message != null; message = socket.receive()) {
            if (message instanceof Message.Text text) {
                socket.sendText(text.text());
            } else if (message instanceof Message.Binary binary) {
                socket.sendBinary(binary.data());
            }
        }
    }

    /** Bytes of masked frames, as a visitor sends them. */
    private static byte[] masked(WebSocketFrame... frames) {
        return encoded(true, frames);
    }

    private static byte[] encoded(boolean mask, WebSocketFrame... frames) {
        var encoder = new EmbeddedChannel(new WebSocket13FrameEncoder(mask));
        encoder.writeOutbound((Object[]) frames);
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        encoder.finishAndReleaseAll();
        return ByteBufUtil.getBytes(all);
    }

    /** The frames that a visitor got, as short texts. */
    private static List<String> frames(FakeVisitor visitor) {
        var decoder = new EmbeddedChannel(new WebSocket13FrameDecoder(WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(false)
                .maxFramePayloadLength(2_000_000)
                .build()));
        decoder.writeInbound(Unpooled.wrappedBuffer(visitor.bytes()));
        List<String> texts = new ArrayList<>();
        for (WebSocketFrame frame = decoder.readInbound(); frame != null; frame = decoder.readInbound()) {
            texts.add(text(frame));
            frame.release();
        }
        decoder.finishAndReleaseAll();
        return texts;
    }

    private static String text(WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame close) {
            return "close " + close.statusCode() + close.reasonText();
        }
        String content = frame.content().readableBytes() > 100
                ? frame.content().readableBytes() + " bytes"
                : frame.content().toString(StandardCharsets.UTF_8);
        String kind = frame instanceof TextWebSocketFrame
                ? "text "
                : frame instanceof BinaryWebSocketFrame
                        ? "binary "
                        : frame instanceof PongWebSocketFrame ? "pong " : "";
        return kind + content + (frame.isFinalFragment() ? "" : "...");
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    @Test
    void isAcceptedWithTheKeyOfTheStandardsExample() {
        var visitor = open(exchange -> {
            assertThat(exchange.request().webSocket()).isTrue();
            assertThat(exchange.body().read()).isEqualTo(-1);
            exchange.acceptWebSocket(HeaderFields.of("Sec-WebSocket-Protocol", "chat"));
            assertThatThrownBy(() -> exchange.respond(200)).isInstanceOf(IllegalStateException.class);
        });
        assertThat(visitor.status()).isEqualTo(101);
        assertThat(visitor.headers().entries().toString())
                .isEqualTo("[Upgrade=websocket, Connection=Upgrade,"
                        + " Sec-WebSocket-Accept=s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, Sec-WebSocket-Protocol=chat]");
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
    }

    @Test
    void isRefusedForOtherRequests() {
        OriginHandler handler = exchange -> {
            assertThatThrownBy(() -> exchange.acceptWebSocket(HeaderFields.empty()))
                    .isInstanceOf(IllegalStateException.class);
            exchange.respond(400);
        };
        new FakeVisitor(LOOP)
                .calls(new HandlerOriginProxy(handler, OriginOptions.defaults(), EXECUTOR))
                .completes();
    }

    @Test
    void canBeDeclinedWithAnOrdinaryResponse() {
        assertThat(open(exchange -> exchange.respond(403)).completes().status()).isEqualTo(403);
    }

    @Test
    void refusesExtensions() {
        open(exchange -> {
                    assertThatThrownBy(() -> exchange.acceptWebSocket(
                                    HeaderFields.of("Sec-WebSocket-Extensions", "permessage-deflate")))
                            .isInstanceOf(IllegalArgumentException.class);
                    exchange.respond(400);
                })
                .completes();
    }

    @Test
    void echoesAndClosesAsTheVisitorDid() {
        var visitor = connect(HandlerWebSocketTest::echo);
        visitor.sends(masked(new TextWebSocketFrame("h\u00e9"), new BinaryWebSocketFrame(bytes("bin"))), false);
        visitor.sends(masked(new TextWebSocketFrame("")), false);
        visitor.waitsForBytes(4 + 1 + 5 + 2);
        visitor.sends(masked(new CloseWebSocketFrame(3001, "bye")), false).completes();
        assertThat(frames(visitor)).containsExactly("text h\u00e9", "binary bin", "text ", "close 3001");
    }

    @Test
    void readsFramesByteByByte() {
        var visitor = connect(HandlerWebSocketTest::echo);
        for (byte octet : masked(new TextWebSocketFrame("slow"), new CloseWebSocketFrame(1000, ""))) {
            visitor.sends(new byte[] {octet}, false);
        }
        visitor.completes();
        assertThat(visitor.headers().contains("Sec-WebSocket-Accept")).isTrue();
    }

    @Test
    void putsFragmentsTogetherAndAnswersPingsBetweenThem() {
        var visitor = connect(HandlerWebSocketTest::echo);
        visitor.sends(
                masked(
                        new TextWebSocketFrame(false, 0, "one "),
                        new PingWebSocketFrame(bytes("?")),
                        new ContinuationWebSocketFrame(false, 0, "two "),
                        new PongWebSocketFrame(bytes("ignored")),
                        new ContinuationWebSocketFrame(true, 0, "three")),
                false);
        visitor.waitsForBytes(3 + 2 + 13);
        visitor.sends(masked(new CloseWebSocketFrame()), false).completes();
        assertThat(frames(visitor)).containsExactly("pong ?", "text one two three", "close -1");
    }

    @Test
    void answersPingsWhileTheHandlerDoesNotReceive() {
        var end = new CountDownLatch(1);
        var visitor =
                connect(socket -> assertThat(end.await(30, TimeUnit.SECONDS)).isTrue());
        visitor.sends(masked(new PingWebSocketFrame(bytes("alive?"))), false);
        visitor.waitsForBytes(8);
        end.countDown();
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
        assertThat(frames(visitor).get(0)).isEqualTo("pong alive?");
    }

    @Test
    void floodOfPingsFromAStuckVisitorIsAnsweredOnce() {
        var go = new CountDownLatch(1);
        var visitor = connectStuck(socket -> {
            socket.sendBinary(new byte[ResponseQueue.LIMIT]);
            go.countDown();
            assertThat(socket.receive()).isNull();
        });
        assertThat(go)
                .satisfies(
                        latch -> assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue());
        byte[] ping = masked(new PingWebSocketFrame(bytes("x")));
        byte[] flood = new byte[ping.length * 10_000];
        for (int i = 0; i < 10_000; i++) {
            System.arraycopy(ping, 0, flood, i * ping.length, ping.length);
        }
        visitor.sends(flood, false).waitsForCredit(flood.length);
        visitor.takes(Long.MAX_VALUE);
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
        assertThat(frames(visitor)).contains("pong x", "close 1000").hasSizeLessThan(10);
    }

    @Test
    void messageOfOneMebibytePassesAndALongerOneCloses() {
        var received = new CompletableFuture<Integer>();
        var failed = new CompletableFuture<Throwable>();
        var visitor = connect(socket -> {
            if (socket.receive() instanceof Message.Binary binary) {
                received.complete(binary.data().length);
            }
            try {
                socket.receive();
            } catch (IOException e) {
                failed.complete(e);
            }
        });
        visitor.sends(masked(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[1024 * 1024]))), false);
        assertThat(FakeVisitor.get(received)).isEqualTo(1024 * 1024);
        visitor.sends(masked(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[1024 * 1024 + 1]))), false);
        visitor.completes();
        assertThat(frames(visitor)).containsExactly("close 1009");
        assertThat(FakeVisitor.get(failed)).isInstanceOf(IOException.class);
    }

    @Test
    void fragmentsOfMoreThanOneMebibyteClose() {
        var visitor = connect(HandlerWebSocketTest::echo);
        visitor.sends(
                masked(
                        new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[600_000])),
                        new ContinuationWebSocketFrame(true, 0, Unpooled.wrappedBuffer(new byte[600_000]))),
                false);
        visitor.completes();
        assertThat(frames(visitor)).containsExactly("close 1009");
    }

    @Test
    void framesThatAreNotMaskedClose() {
        var visitor = connect(HandlerWebSocketTest::echo);
        visitor.sends(encoded(false, new TextWebSocketFrame("bare")), false).completes();
        assertThat(frames(visitor)).containsExactly("close 1002");
    }

    @Test
    void textThatIsNotUtf8Closes() {
        var visitor = connect(HandlerWebSocketTest::echo);
        visitor.sends(
                masked(new TextWebSocketFrame(true, 0, Unpooled.wrappedBuffer(new byte[] {(byte) 0xC3, 0x28}))), false);
        visitor.waitsForBytes(4);
        visitor.sends(masked(new CloseWebSocketFrame(1007, "")), false).completes();
        assertThat(frames(visitor)).containsExactly("close 1007");
    }

    @Test
    void handlerThatReturnsCloses() {
        var visitor = connect(socket -> socket.sendText("bye"));
        visitor.waitsForBytes(9);
        assertThat(visitor.isOver()).isFalse();
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
        assertThat(frames(visitor)).containsExactly("text bye", "close 1000");
    }

    @Test
    void handlerThatThrowsCloses() {
        var visitor = connect(socket -> {
            throw new IllegalStateException("no");
        });
        visitor.waitsForBytes(4);
        visitor.sends(masked(new CloseWebSocketFrame(1011, "")), false).completes();
        assertThat(frames(visitor)).containsExactly("close 1011");
    }

    @Test
    void nothingIsSentAfterOurClose() {
        var visitor = connect(socket -> {
            assertThatThrownBy(() -> socket.close(1005, "")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> socket.close(5000, "")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> socket.close(1000, "x".repeat(124))).isInstanceOf(IllegalArgumentException.class);
            socket.close(4000, "done");
            socket.close(1000, "ignored");
            assertThatThrownBy(() -> socket.sendText("late")).isInstanceOf(IOException.class);
            assertThat(socket.receive()).isNull();
        });
        visitor.sends(masked(new TextWebSocketFrame("crossing")), false);
        visitor.waitsForBytes(8);
        visitor.sends(masked(new CloseWebSocketFrame(4000, "")), false).completes();
        assertThat(frames(visitor)).containsExactly("close 4000done");
    }

    @Test
    void visitorWhoEndsWithoutCloseIsAnError() {
        var failed = new CompletableFuture<Throwable>();
        var visitor = connect(socket -> {
            try {
                echo(socket);
            } catch (IOException e) {
                failed.complete(e);
            }
        });
        visitor.sends(new byte[0], true);
        assertThat(FakeVisitor.get(failed)).hasMessageContaining("without closing");
        visitor.completes();
    }

    @Test
    void visitorWhoIsCutOffIsAnErrorForBothSides() {
        var failures = new CompletableFuture<List<Throwable>>();
        var opened = new CountDownLatch(1);
        var visitor = connect(socket -> {
            List<Throwable> both = new ArrayList<>();
            try {
                opened.countDown();
                socket.receive();
            } catch (IOException e) {
                both.add(e);
            }
            try {
                socket.sendText("anybody?");
            } catch (IOException e) {
                both.add(e);
            }
            failures.complete(both);
        });
        assertThat(opened)
                .satisfies(
                        latch -> assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue());
        visitor.sends(Arrays.copyOf(masked(new TextWebSocketFrame("half a frame")), 9), false)
                .leaves();
        assertThat(FakeVisitor.get(failures)).hasSize(2);
    }

    @Test
    void noCreditWhileAMessageWaitsToBeReceived() {
        var go = new CountDownLatch(1);
        var visitor = connect(socket -> {
            assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
            echo(socket);
        });
        byte[] message = masked(new TextWebSocketFrame("12345"));
        assertThat(visitor.status()).isEqualTo(101);
        visitor.sends(message, false).sends(message, false);
        assertThat(visitor.credit()).isZero();
        go.countDown();
        visitor.waitsForCredit(2 * message.length);
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
    }

    @Test
    void sendersWaitWhileTheVisitorTakesNothing() {
        var sent = new CountDownLatch(3);
        var visitor = connectStuck(socket -> {
            for (int i = 0; i < 3; i++) {
                socket.sendBinary(new byte[ResponseQueue.LIMIT]);
                sent.countDown();
            }
        });
        visitor.waitsFor(() -> sent.getCount() <= 2);
        visitor.takes(Long.MAX_VALUE);
        visitor.waitsForBytes(3 * (10 + ResponseQueue.LIMIT));
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
        assertThat(frames(visitor)).startsWith("binary 65536 bytes").hasSize(4);
    }

    @Test
    void longMessagesGoInSeveralFrames() {
        var visitor = connect(socket -> socket.sendText("x".repeat(ResponseQueue.LIMIT + 1)));
        visitor.waitsForBytes(10 + ResponseQueue.LIMIT + 3);
        visitor.sends(masked(new CloseWebSocketFrame(1000, "")), false).completes();
        assertThat(frames(visitor)).containsExactly("text 65536 bytes...", "x", "close 1000");
    }
}
