package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.stream.StreamOriginProxy;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A TCP service behind a WebSocket, seen from both of its ends. */
class TcpOriginTest {

    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final int CLOSE = 8;
    private static final int PING = 9;

    /** A TCP service that does what the test says. */
    private static final class Service implements AutoCloseable {
        final ServerSocket listener = new ServerSocket(0, 8, InetAddress.getByName("127.0.0.1"));

        Service() throws Exception {
            listener.setSoTimeout(20_000);
        }

        Origin.Tcp origin() {
            return Origin.tcp("127.0.0.1", listener.getLocalPort());
        }

        Socket accept() throws Exception {
            Socket socket = listener.accept();
            socket.setSoTimeout(20_000);
            return socket;
        }

        @Override
        public void close() throws Exception {
            listener.close();
        }
    }

    private static ProxyRig rig(Service service) {
        return new ProxyRig(service.origin(), OriginOptions.defaults());
    }

    private static ProxyRig.Call open(ProxyRig rig, String... headers) throws Exception {
        String[] all = new String[headers.length + 4];
        System.arraycopy(headers, 0, all, 0, headers.length);
        all[headers.length] = "sec-websocket-key";
        all[headers.length + 1] = KEY;
        all[headers.length + 2] = "sec-websocket-version";
        all[headers.length + 3] = "13";
        return rig.webSocket(all);
    }

    /** A client's frame. */
    static byte[] frame(int opcode, boolean last, byte[] payload) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeByte((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            frame.writeByte(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.writeByte(0x80 | 126).writeShort(payload.length);
        } else {
            frame.writeByte(0x80 | 127).writeLong(payload.length);
        }
        byte[] mask = {1, (byte) 0x82, 3, (byte) 0xF4};
        frame.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.writeByte(payload[i] ^ mask[i % 4]);
        }
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return bytes;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void send(ProxyRig.Call call, byte[] bytes) {
        call.batch(c -> c.data(Unpooled.copiedBuffer(bytes), false));
    }

    private static String closeFrame(int status) {
        return new String(
                new byte[] {(byte) 0x88, 2, (byte) (status >> 8), (byte) status}, StandardCharsets.ISO_8859_1);
    }

    /** The payload of the server's data frames. */
    private static String payload(String frames) {
        ByteBuf in = Unpooled.copiedBuffer(frames, StandardCharsets.ISO_8859_1);
        StringBuilder payload = new StringBuilder();
        while (in.readableBytes() > 1) {
            int first = in.readUnsignedByte();
            int length = in.readUnsignedByte();
            long size = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
            if (size > in.readableBytes()) {
                break;
            }
            String bytes =
                    in.readCharSequence((int) size, StandardCharsets.ISO_8859_1).toString();
            if (first == 0x82) {
                payload.append(bytes);
            }
        }
        return payload.toString();
    }

    private static void awaitPayload(ProxyRig.Call call, String text) throws Exception {
        call.sink.await(text, () -> payload(call.sink.body()).equals(text));
    }

    @Test
    void answersWhenConnectedAndCarriesBytesBothWays() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                assertThat(call.sink.status()).isEqualTo(101);
                assertThat(call.sink.header("Sec-WebSocket-Accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
                assertThat(call.sink.header("Upgrade")).isEqualTo("websocket");
                assertThat(call.sink.header("Sec-WebSocket-Extensions")).isNull();
                send(call, frame(2, true, ascii("hello")));
                assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
                socket.getOutputStream().write(ascii("world"));
                awaitPayload(call, "world");
                call.sink.await("credit", () -> call.sink.consumed() == 11);
                call.cancel();
            }
        }
    }

    @Test
    void bytesThatComeBeforeTheConnectionWaitForIt() throws Exception {
        CompletableFuture<Void> mayResolve = new CompletableFuture<>();
        try (Service service = new Service();
                NameResolver slow = new NameResolver(
                        host -> java.util.List.of(InetAddress.getByName("127.0.0.1")),
                        System::nanoTime,
                        task -> mayResolve.thenRun(task));
                ProxyRig rig = new ProxyRig(
                        Origin.tcp("service.test", service.listener.getLocalPort()), OriginOptions.defaults(), slow)) {
            ProxyRig.Call call = open(rig);
            send(call, frame(2, true, ascii("early")));
            assertThat(call.sink.consumed()).isZero();
            assertThat(call.sink.status()).isZero();
            mayResolve.complete(null);
            try (Socket socket = service.accept()) {
                assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("early");
                call.cancel();
            }
        }
    }

    /** cloudflared cuts a frame after 16384 bytes. */
    @ParameterizedTest
    @CsvSource({"20000,1000000", "20000,7", "200000,16384", "125,1", "126,3", "65535,4096", "65536,65536"})
    void framesOfAnyLengthArriveWhole(int length, int pieces) throws Exception {
        byte[] payload = new byte[length];
        new Random(length).nextBytes(payload);
        byte[] frame = frame(2, true, payload);
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> {
                    try {
                        return socket.getInputStream().readNBytes(length);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                call.batch(c -> {
                    for (int at = 0; at < frame.length; at += pieces) {
                        c.data(Unpooled.copiedBuffer(frame, at, Math.min(pieces, frame.length - at)), false);
                    }
                });
                assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(payload);
                call.cancel();
            }
        }
    }

    @Test
    void aMessageInSeveralFramesWithAPingInBetween() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                send(call, frame(2, false, ascii("ab")));
                send(call, frame(PING, true, ascii("?")));
                send(call, frame(0, true, ascii("cd")));
                assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("abcd");
                call.sink.await("pong", () -> call.sink.body().equals("\u008A\u0001?"));
                call.cancel();
            }
        }
    }

    @Test
    void theVisitorsCloseIsEchoedAndEndsTheConnectionInOrder() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                send(call, frame(2, true, ascii("last words")));
                send(call, frame(CLOSE, true, new byte[] {3, (byte) 0xE9}));
                assertThat(call.end().failure()).isNull();
                assertThat(call.sink.body()).isEqualTo(closeFrame(1001));
                assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("last words");
            }
        }
    }

    @Test
    void aVisitorWhoJustEndsItsStreamEndsTheConnectionInOrder() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                call.batch(c -> c.data(Unpooled.copiedBuffer(frame(2, true, ascii("bye"))), true));
                assertThat(call.end().failure()).isNull();
                assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("bye");
            }
        }
    }

    @Test
    void theServicesEndIsAClose() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                socket.getOutputStream().write(ascii("done"));
                socket.shutdownOutput();
                call.sink.await("close", () -> call.sink.body().endsWith(closeFrame(1000)));
                assertThat(payload(call.sink.body())).isEqualTo("done");
                send(call, frame(2, true, ascii("what was under way")));
                send(call, frame(CLOSE, true, new byte[] {3, (byte) 0xE8}));
                assertThat(call.end().failure()).isNull();
                assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("what was under way");
            }
        }
    }

    @Test
    void withHalfCloseAgreedTheServiceAnswersAfterTheVisitorsEnd() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig, "sec-websocket-extensions", "permessage-deflate, x-adit-half-close");
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                assertThat(call.sink.header("Sec-WebSocket-Extensions")).isEqualTo("x-adit-half-close");
                send(call, frame(2, true, ascii("question")));
                send(call, frame(CLOSE, true, new byte[] {3, (byte) 0xE8}));
                assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("question");
                assertThat(call.sink.isEnded()).isFalse();
                socket.getOutputStream().write(ascii("answer"));
                socket.close();
                assertThat(call.end().failure()).isNull();
                assertThat(payload(call.sink.body())).isEqualTo("answer");
                assertThat(call.sink.body()).endsWith(closeFrame(1000));
            }
        }
    }

    @Test
    void aCutIsACutOnBothSides() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                socket.setSoLinger(true, 0);
            }
            assertThat(call.end().failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            ProxyRig.Call cancelled = open(rig);
            try (Socket socket = service.accept()) {
                cancelled.sink.awaitHead();
                cancelled.cancel();
                org.assertj.core.api.Assertions.assertThatThrownBy(
                                () -> socket.getInputStream().readAllBytes())
                        .isInstanceOf(java.io.IOException.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "81016162,1002",
        "81810000000061,1003",
        "8000,1002",
        "8281000000,0",
        "C28100000000,1002",
        "88810000000061,1002",
        "0981000000006161,1002",
        "80800000000000,1002",
        "82FE0001000000006161,1002",
        "8882000000000001,1002",
        "8B8000000000,1002"
    })
    void aBrokenRuleClosesWithItsStatus(String hex, int status) throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                send(call, java.util.HexFormat.of().parseHex(hex));
                if (status == 0) {
                    assertThat(call.sink.isEnded()).isFalse();
                    call.cancel();
                } else {
                    call.end();
                    assertThat(call.sink.body()).isEqualTo(closeFrame(status));
                }
                org.assertj.core.api.Assertions.assertThatThrownBy(
                                () -> socket.getInputStream().readAllBytes())
                        .isInstanceOf(java.io.IOException.class);
            }
        }
    }

    @Test
    void unreachableIs502BeforeAnyUpgrade() throws Exception {
        Service service = new Service();
        service.close();
        try (ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            assertThat(call.end().failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(call.sink.status()).isZero();
            assertThat(call.sink.message()).contains("refused the connection");
        }
        try (ProxyRig rig = new ProxyRig(new Origin.Tcp("ftp", "localhost", 0), OriginOptions.defaults())) {
            assertThat(open(rig).end().message()).contains("ftp://localhost has no port");
        }
    }

    @Test
    void aRequestThatIsNoWebSocketIs426AndNothingIsConnected() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            RecordingSink plain = rig.get("/").end();
            assertThat(plain.status()).isEqualTo(426);
            assertThat(plain.body()).contains("WebSocket");
            assertThat(rig.webSocket().end().status()).isEqualTo(426);
            assertThat(rig.webSocket("sec-websocket-key", KEY, "sec-websocket-version", "8")
                            .end()
                            .status())
                    .isEqualTo(426);
            service.listener.setSoTimeout(1);
            org.assertj.core.api.Assertions.assertThatThrownBy(service.listener::accept)
                    .isInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @Test
    void pingsByItself() throws Exception {
        try (Service service = new Service();
                ProxyRig rig = new ProxyRig(
                        new NameResolver(),
                        resources -> StreamOriginProxy.tcp(
                                service.origin(), OriginOptions.defaults(), resources, Duration.ofMillis(20)))) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                assertThat(socket.isConnected()).isTrue();
                call.sink.await("pings", () -> call.sink.body().startsWith("\u0089\u0000\u0089\u0000"));
                call.cancel();
            }
        }
    }

    @Test
    void aSlowVisitorSlowsTheServiceDownAndTheOtherWayRound() throws Exception {
        int bulk = 8 * 1024 * 1024;
        try (Service service = new Service();
                ProxyRig rig = rig(service)) {
            ProxyRig.Call call = open(rig);
            try (Socket socket = service.accept()) {
                call.sink.awaitHead();
                call.writable(false);
                OutputStream out = socket.getOutputStream();
                CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                    try {
                        out.write(new byte[bulk]);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                // A frame that is not read by the service: no credit beyond what its socket takes.
                byte[] frame = frame(2, true, new byte[bulk]);
                call.batch(c -> c.data(Unpooled.copiedBuffer(frame), false));
                assertThat(call.sink.consumed()).isZero();
                assertThat(sent).isNotDone();
                assertThat(call.sink.bodyLength()).isLessThan(1024 * 1024);
                InputStream in = socket.getInputStream();
                assertThat(in.readNBytes(bulk)).hasSize(bulk);
                call.sink.await("credit", () -> call.sink.consumed() == frame.length);
                call.writable(true);
                sent.get(20, TimeUnit.SECONDS);
                call.sink.await("bulk", () -> call.sink.bodyLength() > bulk);
                call.cancel();
            }
        }
    }
}
