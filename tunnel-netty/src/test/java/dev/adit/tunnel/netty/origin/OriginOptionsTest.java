package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The effect of settings that no other test of this package shows, at a real peer. */
class OriginOptionsTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    /** A listener whose queue is full drops what comes next, as an address that nobody answers does. */
    @Test
    void connectTimeoutEndsAnAttemptThatNobodyAnswers() throws Exception {
        OriginOptions hasty =
                OriginOptions.builder().connectTimeout(Duration.ofMillis(300)).build();
        List<Socket> queue = new ArrayList<>();
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assumeTrue(fill(listener, queue), "this system queues without limit");
            try (ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", listener.getLocalPort()), hasty)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_TIMED_OUT);
                assertThat(sink.message()).contains("did not answer on 127.0.0.1 within 300 ms");
            }
        } finally {
            for (Socket socket : queue) {
                socket.close();
            }
        }
    }

    private static boolean fill(ServerSocket listener, List<Socket> queue) throws IOException {
        for (int i = 0; i < 8; i++) {
            Socket socket = new Socket();
            queue.add(socket);
            try {
                socket.connect(new InetSocketAddress(LOOPBACK, listener.getLocalPort()), 1000);
            } catch (SocketTimeoutException e) {
                return true;
            }
        }
        return false;
    }

    /** The resolver says an address where nobody listens, 127.0.0.1, ::1; without the setting families take turns. */
    @ParameterizedTest
    @CsvSource({"true, four", "false, six"})
    void noHappyEyeballsKeepsTheResolversOrder(boolean strict, String answer) throws Exception {
        OriginOptions options = OriginOptions.builder().noHappyEyeballs(strict).build();
        List<InetAddress> addresses = List.of(
                InetAddress.getByName("127.0.0.77"), InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"));
        NameResolver resolver = new NameResolver(name -> addresses, System::nanoTime, Runnable::run);
        try (ScriptedOrigin four = on("127.0.0.1", 0, "four")) {
            ScriptedOrigin onSix;
            try {
                onSix = on("::1", four.port(), "six");
            } catch (SocketException e) {
                assumeTrue(false, "no IPv6 loopback here, or somebody else has the port: " + e);
                return;
            }
            try (ScriptedOrigin six = onSix;
                    ProxyRig rig = new ProxyRig(Origin.http("both.test", six.port()), options, resolver)) {
                assertThat(rig.get("/").end().body()).isEqualTo(answer);
            }
        }
    }

    private static ScriptedOrigin on(String address, int port, String body) throws IOException {
        ServerSocketFactory factory = new ServerSocketFactory() {
            @Override
            public ServerSocket createServerSocket(int ignored, int backlog, InetAddress on) throws IOException {
                return new ServerSocket(port, backlog, on);
            }

            @Override
            public ServerSocket createServerSocket(int ignored, int backlog) throws IOException {
                throw new IOException("not used");
            }

            @Override
            public ServerSocket createServerSocket(int ignored) throws IOException {
                throw new IOException("not used");
            }
        };
        return new ScriptedOrigin(InetAddress.getByName(address), factory, peer -> {
            peer.message();
            peer.write(ok(body));
        });
    }

    /** The kernel's own list tells which timer a socket has: 02 is keep-alive, 00 none. */
    @ParameterizedTest
    @CsvSource({"77, 02", "0, 00"})
    void tcpKeepAliveSetsTheSocketsTimer(int seconds, String timer) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "no /proc/net/tcp here");
        OriginOptions options = OriginOptions.builder()
                .tcpKeepAlive(Duration.ofSeconds(seconds))
                .build();
        try (ScriptedOrigin origin = ScriptedOrigin.always(ok("ok"));
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), options)) {
            rig.get("/").end();
            String remote = String.format(Locale.ROOT, "0100007F:%04X", origin.port());
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            String[] shown = timer(remote);
            while (!shown[0].equals(timer)) { // acknowledgements may be under way at first
                assertThat(System.nanoTime() - deadline)
                        .as("the timer is " + shown[0])
                        .isNegative();
                rig.onLoop(() -> {});
                shown = timer(remote);
            }
            if (seconds > 0) {
                // In hundredths of a second; the default would be 30 s.
                assertThat(Long.parseLong(shown[1], 16)).isBetween(4_000L, 7_700L);
            }
        }
    }

    /** The JDK's sockets are of IPv6 where that is there, and carry IPv4 addresses inside. */
    private static String[] timer(String remote) throws IOException {
        for (Path sockets : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
            for (String line : Files.isReadable(sockets) ? Files.readAllLines(sockets) : List.<String>of()) {
                String[] columns = line.strip().split("\\s+", -1);
                boolean established = columns.length > 5 && columns[3].equals("01");
                if (established && columns[2].endsWith(remote)) {
                    return columns[5].split(":", -1);
                }
            }
        }
        throw new AssertionError("no connection to " + remote);
    }

    /** cloudflared swaps one shared hook for each request, so that connections can carry another request's name. */
    @Test
    void matchSniToHostNeverMixesNamesOfConcurrentRequests() throws Exception {
        int each = 12;
        CountDownLatch allCame = new CountDownLatch(2 * each);
        SSLContext context = SSLContext.getInstance("TLS");
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        context.init(
                new CertificateBuilder()
                        .subject("CN=leaf")
                        .addSanDnsName("a.test")
                        .buildIssuedBy(authority)
                        .toKeyManagerFactory()
                        .getKeyManagers(),
                null,
                null);
        OriginOptions options =
                OriginOptions.builder().matchSniToHost(true).noTlsVerify(true).build();
        try (ScriptedOrigin origin = new ScriptedOrigin(
                        InetAddress.getByName("127.0.0.1"), context.getServerSocketFactory(), peer -> {
                            while (true) {
                                String head = peer.message();
                                allCame.countDown();
                                allCame.await();
                                ExtendedSSLSession session =
                                        (ExtendedSSLSession) ((SSLSocket) peer.socket()).getSession();
                                String name = ((SNIHostName) session.getRequestedServerNames()
                                                .get(0))
                                        .getAsciiName();
                                int from = head.indexOf("\r\nhost: ") + 8;
                                peer.write(ok(name + " " + head.substring(from, head.indexOf('\r', from))));
                            }
                        });
                ProxyRig rig = new ProxyRig(Origin.https("127.0.0.1", origin.port()), options)) {
            for (int round = 0; round < 3; round++) {
                List<ProxyRig.Call> calls = new ArrayList<>();
                for (int i = 0; i < 2 * each; i++) {
                    String host = i % 2 == 0 ? "a.test" : "b.test";
                    calls.add(rig.start(new ProxiedRequest("GET", "/" + i, host, ProxyRig.headers(), false, true)));
                }
                for (int i = 0; i < 2 * each; i++) {
                    String host = i % 2 == 0 ? "a.test" : "b.test";
                    assertThat(calls.get(i).end().body()).isEqualTo(host + " " + host);
                }
            }
            assertThat(origin.connections()).as("idle ones were used again").isEqualTo(2 * each);
        }
    }
}
