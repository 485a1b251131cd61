package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.WarpRouting;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Private TCP streams, opened by an edge that does what a test says. */
class PrivateStreamsTest {

    private static final int PATIENCE_SECONDS = 60;
    private static final IpRule LOOPBACK = IpRule.allow("127.0.0.1/32");

    private ScriptedEdge edge;
    private ServerSocket service;
    private @Nullable Tunnel tunnel;
    private ScriptedEdge.@Nullable Connection connector;

    @BeforeEach
    void listen() throws Exception {
        edge = new ScriptedEdge(ScriptedEdge.accepting());
        service = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        service.setSoTimeout(PATIENCE_SECONDS * 1000);
    }

    @AfterEach
    void close() throws Exception {
        if (tunnel != null) {
            tunnel.close(Duration.ZERO);
        }
        service.close();
        edge.close();
    }

    private void start(WarpRouting settings, IpRule... rules) throws Exception {
        tunnel = TunnelClient.builder()
                .credentials(TunnelCredentials.of("account", UUID.randomUUID(), new byte[32]))
                .edgeAddresses(edge.address())
                .edgeTrust(edge.trust())
                .connections(1)
                .ingress(IngressRule.otherwise(Origin.status(404)))
                .privateNetwork(settings, rules)
                .build()
                .start();
        connector = edge.next();
    }

    private String destination() {
        return "127.0.0.1:" + service.getLocalPort();
    }

    private Socket accept() throws IOException {
        Socket accepted = service.accept();
        accepted.setSoTimeout(PATIENCE_SECONDS * 1000);
        return accepted;
    }

    @Test
    void bytesPassBothWaysAsTheyAre() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        Flow flow = new Flow(destination());
        try (Socket socket = accept()) {
            assertThat(flow.head().status()).hasToString("200");
            assertThat(flow.head().get(TunnelHeaders.RESPONSE_META))
                    .hasToString(ResponseMeta.ORIGIN.value().toString());
            assertThat(flow.head().get(TunnelHeaders.RESPONSE_HEADERS)).hasToString("");
            socket.getOutputStream().write("first the service".getBytes(StandardCharsets.US_ASCII));
            flow.await("first the service");
            flow.write("then the visitor\r\n\0");
            assertThat(socket.getInputStream().readNBytes(19))
                    .isEqualTo("then the visitor\r\n\0".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aVisitorOnAWebSocketGetsTheAnswerToItsKey() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        Flow flow = new Flow(destination(), "sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        try (Socket socket = accept()) {
            assertThat(flow.head().status()).hasToString("200");
            String serialised = flow.head().get(TunnelHeaders.RESPONSE_HEADERS).toString();
            String accept = java.util.Base64.getEncoder()
                    .withoutPadding()
                    .encodeToString("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".getBytes(StandardCharsets.US_ASCII));
            assertThat(serialised).contains(accept);
            flow.write("raw");
            assertThat(socket.getInputStream().readNBytes(3)).isEqualTo("raw".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void eachDirectionEndsForItself() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        Flow flow = new Flow(destination());
        try (Socket socket = accept()) {
            flow.end("question");
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("question");
            socket.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(flow.all()).isEqualTo("answer");
        }
        Flow other = new Flow(destination());
        try (Socket socket = accept()) {
            socket.getOutputStream().write("bye".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(other.all()).isEqualTo("bye");
            other.end("still here");
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("still here");
        }
    }

    @Test
    void aVisitorWhoBreaksOffBreaksTheConnectionOff() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        Flow flow = new Flow(destination());
        try (Socket socket = accept()) {
            flow.head();
            flow.reset();
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> socket.getInputStream().read())
                    .isInstanceOf(SocketException.class);
        }
    }

    @Test
    void aServiceThatBreaksOffIsACut() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        Flow flow = new Flow(destination());
        try (Socket socket = accept()) {
            flow.head();
            socket.setSoLinger(true, 0);
        }
        assertThat(flow.cut()).isEqualTo(Http2Error.INTERNAL_ERROR.code());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:PORT",
                "127.0.0.1",
                "127.0.0.1:",
                "127.1:PORT",
                "[127.0.0.1]:PORT",
                "http://127.0.0.1:PORT"
            })
    void whatIsNoAddressAndPortIsRefused(String authority) throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        refused(authority.replace("PORT", Integer.toString(service.getLocalPort())), ResponseMeta.CONNECTOR);
        nobodyCame();
    }

    @Test
    void whatNoRuleAllowsIsNotDialled() throws Exception {
        EventLog events = new EventLog();
        start(WarpRouting.defaults(), IpRule.allow("127.0.0.1/32", 1), IpRule.allow("0.0.0.0/0"));
        tunnel.addListener(events);
        refused(destination(), ResponseMeta.CONNECTOR);
        refused("[::ffff:127.0.0.1]:" + service.getLocalPort(), ResponseMeta.CONNECTOR);
        nobodyCame();
        RequestCompleted told = events.await(RequestCompleted.class, 1);
        assertThat(told.failure()).isEqualTo(OriginFailure.DESTINATION_REFUSED);
        assertThat(told.status()).isEqualTo(502);
        assertThat(told.ruleIndex()).isEqualTo(-1);
        assertThat(told.host()).isEqualTo(destination());
    }

    @Test
    void withoutAnyRuleNothingIsAllowed() throws Exception {
        start(WarpRouting.defaults());
        refused(destination(), ResponseMeta.CONNECTOR);
        nobodyCame();
    }

    @Test
    void aServiceThatIsNotThereIsABadGateway() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        refused("127.0.0.1:" + closed, ResponseMeta.CONNECTOR);
    }

    @Test
    void oneStreamTooManyIsToldSoAndTheNextMayComeWhenOneHasEnded() throws Exception {
        start(new WarpRouting(Duration.ofSeconds(5), 1, Duration.ofSeconds(30)), LOOPBACK);
        EventLog events = new EventLog();
        tunnel.addListener(events);
        Flow first = new Flow(destination());
        try (Socket socket = accept()) {
            first.head();
            refused(destination(), ResponseMeta.FLOW_LIMITED);
            socket.shutdownOutput();
            first.all();
            first.end("");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        events.await(RequestCompleted.class, 2);
        Flow next = new Flow(destination());
        try (Socket socket = accept()) {
            assertThat(next.head().status()).hasToString("200");
            next.end("");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(next.all()).isEmpty();
    }

    @Test
    void whoDoesNotReadHoldsTheServiceUpAndMissesNothing() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        byte[] sent = new byte[24 * 1024 * 1024];
        new Random(7).nextBytes(sent);
        Flow flow = new Flow(destination());
        flow.hold();
        AtomicLong taken = new AtomicLong();
        try (Socket socket = accept()) {
            CompletableFuture<Void> writing = inBackground(() -> {
                for (int at = 0; at < sent.length; at += 65_536) {
                    socket.getOutputStream().write(sent, at, 65_536);
                    taken.addAndGet(65_536);
                }
                socket.shutdownOutput();
            });
            flow.awaitBytes(65_536); // the stream's window is full, and nothing gives it back
            assertThat(writing).isNotDone();
            flow.release();
            assertThat(Arrays.equals(flow.bytes(), sent)).isTrue();
            writing.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(taken).hasValue(sent.length);
        }
    }

    @Test
    void aServiceThatDoesNotReadHoldsTheVisitorUpAndMissesNothing() throws Exception {
        start(WarpRouting.defaults(), LOOPBACK);
        byte[] sent = new byte[24 * 1024 * 1024];
        new Random(8).nextBytes(sent);
        Flow flow = new Flow(destination());
        try (Socket socket = accept()) {
            flow.head();
            flow.write(Unpooled.wrappedBuffer(sent), true);
            // 24 MiB fit into no buffers on the way, so it waits until the service reads.
            flow.awaitStalled();
            assertThat(Arrays.equals(socket.getInputStream().readAllBytes(), sent))
                    .isTrue();
            socket.shutdownOutput();
            assertThat(flow.all()).isEmpty();
        }
    }

    private void refused(String authority, ResponseMeta meta) throws Exception {
        Flow flow = new Flow(authority);
        assertThat(flow.head().status()).hasToString("502");
        assertThat(flow.head().get(TunnelHeaders.RESPONSE_META))
                .hasToString(meta.value().toString());
        assertThat(flow.all()).isEmpty();
    }

    /** Whoever had dialled would be first in the queue of the listener. */
    private void nobodyCame() throws Exception {
        try (Socket self = new Socket(service.getInetAddress(), service.getLocalPort());
                Socket accepted = accept()) {
            assertThat(accepted.getPort()).isEqualTo(self.getLocalPort());
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> inBackground(Task task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                        done.complete(null);
                    } catch (Exception e) {
                        done.completeExceptionally(e);
                    }
                },
                "private-streams");
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    /** A visitor's end of a stream. */
    private final class Flow implements StreamReceiver {

        private final CompletableFuture<Http2Headers> head = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final CompletableFuture<Long> reset = new CompletableFuture<>();
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private @Nullable TunnelStream stream;
        private boolean holding;
        private int held;
        private boolean stalled;

        Flow(String authority, String... headers) throws Exception {
            Http2Headers request = ScriptedEdge.request("GET", "/").authority(authority);
            request.set(TunnelHeaders.PROXY_SRC, "203.0.113.9:1");
            for (int i = 0; i < headers.length; i += 2) {
                request.set(headers[i], headers[i + 1]);
            }
            onLoop(() -> {
                stream = connector.open(request, false, this);
                stream.flush();
            });
        }

        private void onLoop(Runnable task) throws Exception {
            connector.eventLoop().submit(task).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        Http2Headers head() throws Exception {
            return head.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        void write(String text) throws Exception {
            write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), false);
        }

        void end(String text) throws Exception {
            write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), true);
        }

        void write(ByteBuf data, boolean end) throws Exception {
            onLoop(() -> {
                stream.writeData(data, end);
                stream.flush();
            });
        }

        void reset() throws Exception {
            onLoop(() -> stream.reset(Http2Error.CANCEL));
        }

        void hold() throws Exception {
            onLoop(() -> holding = true);
        }

        void release() throws Exception {
            onLoop(() -> {
                holding = false;
                stream.consumed(held);
            });
        }

        synchronized void await(String text) throws InterruptedException {
            awaitBytes(text.length());
            assertThat(received.toString(StandardCharsets.US_ASCII)).isEqualTo(text);
        }

        synchronized void awaitBytes(int bytes) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (received.size() < bytes) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }

        synchronized void awaitStalled() throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!stalled) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }

        String all() throws Exception {
            return new String(bytes(), StandardCharsets.US_ASCII);
        }

        byte[] bytes() throws Exception {
            ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            synchronized (this) {
                return received.toByteArray();
            }
        }

        long cut() throws Exception {
            return reset.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void onHeaders(Http2Headers headers, boolean endStream) {
            head.complete(headers);
            if (endStream) {
                ended.complete(null);
            }
        }

        @Override
        public void onData(ByteBuf data, boolean endStream) {
            int bytes = data.readableBytes();
            synchronized (this) {
                received.writeBytes(ByteBufUtil.getBytes(data));
                notifyAll();
            }
            data.release();
            if (holding) {
                held += bytes;
            } else {
                stream.consumed(bytes);
            }
            if (endStream) {
                ended.complete(null);
            }
        }

        @Override
        public synchronized void onWritabilityChanged() {
            stalled |= !stream.isWritable();
            notifyAll();
        }

        @Override
        public void onReset(long errorCode) {
            reset.complete(errorCode);
            ended.completeExceptionally(new IOException("reset with " + errorCode));
        }
    }
}
