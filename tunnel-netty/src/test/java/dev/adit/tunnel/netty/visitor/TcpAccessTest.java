package dev.adit.tunnel.netty.visitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.pair.TlsFront;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A local port, a WebSocket, the edge, a connector, a TCP service. */
class TcpAccessTest {

    private static final int PATIENCE_SECONDS = 60;
    /** More than all the buffers on the way hold. */
    private static final long TOO_MUCH = 256L * 1024 * 1024;

    private static final int BULK = 20 * 1024 * 1024;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TunnelEdge edge;
    private Tunnel tunnel;
    private ServerSocket service;

    /** What a service or a program does with a socket. */
    @FunctionalInterface
    private interface Use<T> {
        T of(Socket socket) throws Exception;
    }

    @BeforeEach
    void start() throws Exception {
        service = new ServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));
        service.setSoTimeout(PATIENCE_SECONDS * 1000);
        edge = TunnelEdge.builder().start();
        TunnelCredentials credentials = edge.createTunnel("tcp");
        edge.route("tcp.test", credentials.tunnelId());
        edge.route("bastion.test", credentials.tunnelId());
        edge.route("web.test", credentials.tunnelId());
        tunnel = TunnelClient.builder()
                .credentials(credentials)
                .edge(edge)
                .ingress(
                        IngressRule.host("tcp.test").to(Origin.tcp("127.0.0.1", service.getLocalPort())),
                        IngressRule.host("bastion.test").to(Origin.bastion(IpRule.allow("127.0.0.0/8"))),
                        IngressRule.otherwise(Origin.status(200)))
                .build()
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        tunnel.close(Duration.ZERO);
        edge.close(Duration.ZERO);
        service.close();
        threads.shutdownNow();
    }

    private TcpAccess.Builder to(String host) {
        return TcpAccess.builder().url(URI.create("http://" + host + "/")).edgeAddress(edge.publicAddress());
    }

    private <T> CompletableFuture<T> serve(Use<T> use) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (Socket socket = service.accept()) {
                        socket.setSoTimeout(PATIENCE_SECONDS * 1000);
                        return use.of(socket);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                threads);
    }

    private CompletableFuture<byte[]> echo() {
        return serve(socket -> {
            ByteArrayOutputStream seen = new ByteArrayOutputStream();
            byte[] piece = new byte[10_000];
            InputStream in = socket.getInputStream();
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                seen.write(piece, 0, count);
                socket.getOutputStream().write(piece, 0, count);
            }
            return seen.toByteArray();
        });
    }

    private static Socket connect(TcpAccess access) throws IOException {
        Socket socket =
                new Socket(access.address().getAddress(), access.address().getPort());
        socket.setSoTimeout(PATIENCE_SECONDS * 1000);
        return socket;
    }

    private static byte[] random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private CompletableFuture<Void> send(Socket socket, byte[] bytes) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        socket.getOutputStream().write(bytes);
                        socket.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                threads);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void awaitConnections(TcpAccess access, int wanted) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (access.connections() != wanted) {
            assertThat(System.nanoTime() - deadline).as("connections").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void manyBytesGoBothWaysAtOnceUnchanged() throws Exception {
        byte[] bytes = random(BULK, 1);
        CompletableFuture<byte[]> seen = echo();
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            CompletableFuture<Void> sent = send(socket, bytes);
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(bytes);
            get(sent);
            assertThat(get(seen)).isEqualTo(bytes);
            socket.close();
            awaitConnections(access, 0);
        }
    }

    @Test
    void fiftyConnectionsDoNotMixTheirBytes() throws Exception {
        List<CompletableFuture<byte[]>> services = new ArrayList<>();
        List<CompletableFuture<Boolean>> programs = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            services.add(echo());
        }
        try (TcpAccess access = to("tcp.test").start()) {
            for (int i = 0; i < 50; i++) {
                byte[] bytes = random(200_000 + i, i);
                programs.add(CompletableFuture.supplyAsync(
                        () -> {
                            try (Socket socket = connect(access)) {
                                CompletableFuture<Void> sent = send(socket, bytes);
                                boolean same = java.util.Arrays.equals(
                                        socket.getInputStream().readAllBytes(), bytes);
                                get(sent);
                                return same;
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        threads));
            }
            for (CompletableFuture<Boolean> program : programs) {
                assertThat(get(program)).isTrue();
            }
            awaitConnections(access, 0);
        }
        for (CompletableFuture<byte[]> one : services) {
            get(one);
        }
    }

    @Test
    void eachDirectionEndsForItself() throws Exception {
        CompletableFuture<String> question = serve(socket -> {
            String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            socket.getOutputStream().write(ascii("answer to " + text));
            return text;
        });
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            socket.getOutputStream().write(ascii("question"));
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("answer to question");
            assertThat(get(question)).isEqualTo("question");
        }
        CompletableFuture<String> rest = serve(socket -> {
            socket.getOutputStream().write(ascii("goodbye"));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        });
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("goodbye");
            socket.getOutputStream().write(ascii("still here"));
            socket.shutdownOutput();
            assertThat(get(rest)).isEqualTo("still here");
        }
    }

    @Test
    void aCutOfTheServiceIsACutForTheProgramAndTheOtherWayRound() throws Exception {
        CompletableFuture<Void> cut = serve(socket -> {
            socket.getInputStream().readNBytes(2);
            socket.getOutputStream().write(ascii("half an ans"));
            socket.setSoLinger(true, 0);
            return null;
        });
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            socket.getOutputStream().write(ascii("hi"));
            get(cut);
            assertThatThrownBy(() -> socket.getInputStream().readAllBytes()).isInstanceOf(IOException.class);
        }
        CountDownLatch connected = new CountDownLatch(1);
        CompletableFuture<Object> seen = serve(socket -> {
            socket.getInputStream().readNBytes(2);
            connected.countDown();
            try {
                return socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                return e;
            }
        });
        try (TcpAccess access = to("tcp.test").start()) {
            Socket socket = connect(access);
            socket.getOutputStream().write(ascii("hi"));
            assertThat(connected.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            socket.setSoLinger(true, 0);
            socket.close();
            assertThat(get(seen)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aServiceThatDoesNotReadStopsTheProgram() throws Exception {
        CountDownLatch mayRead = new CountDownLatch(1);
        CompletableFuture<Long> read = serve(socket -> {
            mayRead.await();
            return socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        });
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong written = new AtomicLong();
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(
                    () -> {
                        byte[] piece = random(64 * 1024, 3);
                        try {
                            while (written.get() < TOO_MUCH && !enough.get()) {
                                socket.getOutputStream().write(piece);
                                written.addAndGet(piece.length);
                            }
                            socket.shutdownOutput();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    threads);
            assertThat(settled(written)).isPositive().isLessThan(TOO_MUCH / 2);
            assertThat(sent).isNotDone();
            enough.set(true);
            mayRead.countDown();
            get(sent);
            assertThat(get(read)).isEqualTo(written.get());
        }
    }

    @Test
    void aProgramThatDoesNotReadStopsTheService() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong written = new AtomicLong();
        CompletableFuture<Void> sent = serve(socket -> {
            byte[] piece = random(64 * 1024, 3);
            while (written.get() < TOO_MUCH && !enough.get()) {
                socket.getOutputStream().write(piece);
                written.addAndGet(piece.length);
            }
            return null;
        });
        try (TcpAccess access = to("tcp.test").start();
                Socket socket = connect(access)) {
            assertThat(settled(written)).isPositive().isLessThan(TOO_MUCH / 2);
            assertThat(sent).isNotDone();
            enough.set(true);
            long read = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            get(sent);
            assertThat(read).isEqualTo(written.get());
        }
    }

    /** The count once it has not changed for a second; on a slow machine earlier, when it is smaller. */
    private static long settled(AtomicLong count) {
        long last = 0;
        long since = System.nanoTime();
        while (last == 0 || System.nanoTime() - since < TimeUnit.SECONDS.toNanos(1)) {
            long now = count.get();
            if (now != last) {
                last = now;
                since = System.nanoTime();
            }
            Thread.onSpinWait();
        }
        return last;
    }

    @Test
    void streamsAreCopiedUntilTheServiceEnds() throws Exception {
        byte[] bytes = random(3_000_000, 9);
        CompletableFuture<byte[]> seen = echo();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        to("tcp.test").copy(new ByteArrayInputStream(bytes), out);
        assertThat(out.toByteArray()).isEqualTo(bytes);
        assertThat(get(seen)).isEqualTo(bytes);
    }

    @Test
    void copyingEndsWithTheServiceThoughTheInputIsOpen() throws Exception {
        CompletableFuture<Integer> end = serve(socket -> {
            socket.getOutputStream().write(ascii("bye"));
            socket.shutdownOutput();
            return socket.getInputStream().read();
        });
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PipedOutputStream keyboard = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(keyboard)) {
            to("tcp.test").copy(in, out);
        }
        assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("bye");
        assertThat(get(end)).isEqualTo(-1);
    }

    @Test
    void anInterruptEndsTheCopying() throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        CompletableFuture<Object> seen = serve(socket -> {
            connected.countDown();
            try {
                return socket.getInputStream().read();
            } catch (IOException e) {
                return e;
            }
        });
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        try (PipedOutputStream keyboard = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(keyboard)) {
            Thread copier = new Thread(() -> {
                try {
                    to("tcp.test").copy(in, OutputStream.nullOutputStream());
                    outcome.complete(null);
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
            copier.start();
            assertThat(connected.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            copier.interrupt();
            assertThat(get(outcome)).isInstanceOf(InterruptedException.class);
            assertThat(get(seen)).isNotEqualTo(0);
        }
    }

    @Test
    void anOutputThatFailsIsTold() throws Exception {
        CompletableFuture<Object> seen = serve(socket -> {
            try {
                socket.getOutputStream().write(ascii("something"));
                return socket.getInputStream().read();
            } catch (IOException e) {
                return e;
            }
        });
        try (PipedOutputStream keyboard = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(keyboard)) {
            OutputStream full = new OutputStream() {
                @Override
                public void write(int octet) throws IOException {
                    throw new IOException("No space left");
                }
            };
            assertThatThrownBy(() -> to("tcp.test").copy(in, full))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("cannot be written: No space left");
        }
        get(seen);
    }

    @Test
    void closingBreaksOffAndFreesThePort() throws Exception {
        CompletableFuture<Object> seen = serve(socket -> {
            socket.getOutputStream().write(7);
            try {
                return socket.getInputStream().read();
            } catch (IOException e) {
                return e;
            }
        });
        TcpAccess access = to("tcp.test").start();
        InetSocketAddress address = access.address();
        try (Socket socket = connect(access)) {
            assertThat(socket.getInputStream().read()).isEqualTo(7);
            assertThat(access.connections()).isEqualTo(1);
            access.close();
            access.close();
            access.awaitClosed();
            assertThat(access.connections()).isZero();
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(IOException.class);
        }
        get(seen);
        assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aPortInUseIsTold() throws Exception {
        try (TcpAccess first = to("tcp.test").start()) {
            assertThatThrownBy(() -> to("tcp.test").listen(first.address()).start())
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("Cannot listen on");
        }
    }

    @Test
    void theDestinationBehindABastionIsNamed() throws Exception {
        CompletableFuture<byte[]> seen = echo();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        to("bastion.test")
                .destination("127.0.0.1:" + service.getLocalPort())
                .copy(new ByteArrayInputStream(ascii("through the bastion")), out);
        assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("through the bastion");
        get(seen);
    }

    @Test
    void byTlsWithTheEdgesOwnAuthority() throws Exception {
        byte[] bytes = random(1_000_000, 4);
        try (TlsFront front = new TlsFront("tcp.test", edge.publicAddress())) {
            CompletableFuture<byte[]> seen = echo();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            TcpAccess.builder()
                    .hostname("tcp.test")
                    .edgeAddress(front.address())
                    .authorities(List.of(front.authority()))
                    .copy(new ByteArrayInputStream(bytes), out);
            assertThat(out.toByteArray()).isEqualTo(bytes);
            assertThat(get(seen)).isEqualTo(bytes);

            assertThatThrownBy(() -> TcpAccess.builder()
                            .hostname("other.test")
                            .edgeAddress(front.address())
                            .authorities(List.of(front.authority()))
                            .copy(InputStream.nullInputStream(), OutputStream.nullOutputStream()))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("could not prove by TLS to be other.test");
            assertThatThrownBy(() -> TcpAccess.builder()
                            .hostname("tcp.test")
                            .edgeAddress(front.address())
                            .copy(InputStream.nullInputStream(), OutputStream.nullOutputStream()))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("could not prove by TLS to be tcp.test");
        }
    }

    @Test
    void hostsThatAreNoTcpServiceAreTold() {
        assertRefused("web.test", "(200|answered 200).*tcp, ssh");
        assertRefused("nowhere.test", "no such service \\(404\\)");
        assertRefused("bastion.test", "connector does not reach the TCP service \\(502\\)");
        tunnel.close(Duration.ZERO);
        assertRefused("tcp.test", "no connector is connected to it \\(530\\)");
    }

    private void assertRefused(String host, String pattern) {
        assertThatThrownBy(() -> to(host).copy(InputStream.nullInputStream(), OutputStream.nullOutputStream()))
                .isInstanceOf(TunnelException.class)
                .hasMessageMatching("(?s)" + host + " .*" + pattern + ".*");
    }
}
