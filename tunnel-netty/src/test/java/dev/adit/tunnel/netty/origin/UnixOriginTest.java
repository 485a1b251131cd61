package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import io.netty.buffer.Unpooled;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.UnaryOperator;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services on Unix sockets, with and without TLS. */
class UnixOriginTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            .concat("Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");

    @TempDir
    Path directory;

    private Path path() {
        return directory.resolve("app.sock");
    }

    private ProxyRig rig() {
        return new ProxyRig(Origin.unix(path()), OriginOptions.defaults());
    }

    @Test
    void requestsGoThroughOneConnectionWithTheVisitorsHost() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = rig()) {
            for (int i = 0; i < 3; i++) {
                RecordingSink sink = rig.get("/" + i).end();
                assertThat(sink.message()).isEmpty();
                assertThat(sink.body()).isEqualTo("ok");
                assertThat(origin.note()).isEqualTo("GET /" + i + " HTTP/1.1\r\nhost: app.test\r\n\r\n");
            }
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    /** cloudflared ignores the setting here. */
    @Test
    void httpHostHeaderHolds() throws Exception {
        OriginOptions inner =
                OriginOptions.builder().httpHostHeader("inner.test").build();
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unix(path()), inner)) {
            rig.get("/").end();
            assertThat(origin.note())
                    .isEqualTo("GET / HTTP/1.1\r\nhost: inner.test\r\nx-forwarded-host: app.test\r\n\r\n");
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void bodiesOfUnknownLengthAreHeldBackIfAskedFor() throws Exception {
        OriginOptions whole =
                OriginOptions.builder().disableChunkedEncoding(true).build();
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unix(path()), whole)) {
            rig.start("POST", "/", false).data("abc", false).data("", true).end();
            assertThat(origin.note()).endsWith("\r\ncontent-length: 3\r\n\r\nabc");
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void longBodiesGoBothWays() throws Exception {
        int size = 8 * 1024 * 1024;
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.socket().getInputStream().skipNBytes(size);
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                    peer.write(new byte[size]);
                });
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = rig()) {
            ProxyRig.Call call = rig.start("PUT", "/", false, "content-length", "" + size);
            int piece = 16 * 1024;
            for (int sent = piece; sent <= size; sent += piece) {
                long awaited = Math.max(0, sent - 64L * 1024);
                call.sink.await("credit", () -> call.sink.consumed() >= awaited);
                boolean end = sent == size;
                call.batch(c -> c.data(Unpooled.wrappedBuffer(new byte[piece]), end));
            }
            call.pauseEvery(100_000);
            assertThat(call.end().bodyLength()).isEqualTo(size);
            assertThat(call.sink.failure()).isNull();
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void webSocketsPass() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write(SWITCH + "hello");
                    peer.note(peer.read(3));
                    peer.write("world");
                });
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = rig()) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            call.sink.await("hello", () -> call.sink.body().equals("hello"));
            assertThat(call.sink.status()).isEqualTo(101);
            call.data("abc", false);
            assertThat(origin.note()).isEqualTo("abc");
            assertThat(call.end().failure()).isNull();
            assertThat(call.sink.body()).isEqualTo("helloworld");
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void aServiceThatComesBackIsReachedAgain() throws Exception {
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                ProxyRig rig = rig()) {
            try (SocketFile file = new SocketFile(path(), origin.port())) {
                assertThat(rig.get("/1").end().body()).isEqualTo("ok");
                assertThat(file.connections()).isEqualTo(1);
            }
            RecordingSink down = rig.get("/2").end();
            assertThat(down.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(down.message())
                    .startsWith("Origin unix:" + path())
                    .contains("nobody who listens", "Start the service");
            Files.delete(path());
            try (SocketFile file = new SocketFile(path(), origin.port())) {
                assertThat(rig.get("/3").end().body()).isEqualTo("ok");
                assertThat(file.connections()).isEqualTo(1);
            }
        }
    }

    @Test
    void aFileThatIsNotThereIsSaid() throws Exception {
        try (ProxyRig rig = rig()) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(sink.message())
                    .isEqualTo("Origin unix:" + path()
                            + " has no socket file. Start the service, or correct the rule's path.");
        }
    }

    @Test
    void aFileThatIsNoSocketIsSaid() throws Exception {
        Files.writeString(path(), "text");
        try (ProxyRig rig = rig()) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(sink.message()).contains("or the file is no socket");
        }
    }

    @Test
    void aPathThatIsTooLongIsSaid() throws Exception {
        try (ProxyRig rig = new ProxyRig(Origin.unix(directory.resolve("a".repeat(120))), OriginOptions.defaults())) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(sink.message()).contains("longer path than the system takes");
        }
    }

    @Test
    void aFileThatMayNotBeOpenedIsSaid() throws Exception {
        Assumptions.assumeFalse("root".equals(System.getProperty("user.name")), "root may open everything");
        try (ScriptedOrigin origin = ScriptedOrigin.always(OK);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = rig()) {
            Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("r--r--r--"));
            assertThat(rig.get("/").end().message()).contains("may not be opened by this user");
            assertThat(file.connections()).isZero();
        }
    }

    /** The same without the system, for where the tests run as root. */
    @Test
    void eachReasonHasItsText() {
        OriginAddress address = OriginAddress.unix(path(), true);
        assertThat(OriginException.unreachableFile(address, new IOException("Permission denied")))
                .hasMessage("Origin unix+tls:" + path()
                        + " may not be opened by this user. Permit it to write to the file and to pass its"
                        + " directories.");
        assertThat(OriginException.unreachableFile(address, new IOException("Not a directory")))
                .hasMessageContaining("cannot be reached (Not a directory)");
    }

    // TLS.

    private record Authority(X509Bundle bundle, Path pem) {}

    private Authority authority() throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        return new Authority(bundle, Files.writeString(directory.resolve("ca.pem"), bundle.getCertificatePEM()));
    }

    /** Notes the names that were asked for, and answers. */
    private static ScriptedOrigin tlsOrigin(Authority authority, String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                new CertificateBuilder()
                        .subject("CN=leaf")
                        .addSanDnsName(name)
                        .buildIssuedBy(authority.bundle())
                        .toKeyManagerFactory()
                        .getKeyManagers(),
                null,
                null);
        return new ScriptedOrigin(InetAddress.getByName("127.0.0.1"), context.getServerSocketFactory(), peer -> {
            while (true) {
                peer.message();
                ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) peer.socket()).getSession();
                peer.note(session.getRequestedServerNames().toString());
                peer.write(OK);
            }
        });
    }

    private void tls(String certified, String asked, UnaryOperator<OriginOptions.Builder> change) throws Exception {
        Authority authority = authority();
        OriginOptions options =
                change.apply(OriginOptions.builder().caPool(authority.pem())).build();
        try (ScriptedOrigin origin = tlsOrigin(authority, certified);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unixTls(path()), options)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.message()).isEmpty();
            assertThat(sink.body()).isEqualTo("ok");
            assertThat(origin.note()).contains(asked);
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void tlsGoesByTheNameLocalhost() throws Exception {
        tls("localhost", "value=localhost", o -> o);
    }

    @Test
    void tlsGoesByTheNameGiven() throws Exception {
        tls("inner.test", "value=inner.test", o -> o.originServerName("inner.test"));
    }

    /** cloudflared ignores the setting here. */
    @Test
    void tlsGoesByTheHostIfAskedFor() throws Exception {
        tls("app.test", "value=app.test", o -> o.matchSniToHost(true));
    }

    @Test
    void anotherNameInTheCertificateIsRefused() throws Exception {
        Authority authority = authority();
        OriginOptions options = OriginOptions.builder().caPool(authority.pem()).build();
        try (ScriptedOrigin origin = tlsOrigin(authority, "other.test");
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unixTls(path()), options)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.TLS_FAILED);
            assertThat(sink.message()).startsWith("Origin unix+tls:" + path() + " failed the TLS handshake");
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void aServiceWithoutTlsIsNamedAsSuch() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.read(5);
                    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                });
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unixTls(path()), OriginOptions.defaults())) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.TLS_FAILED);
            assertThat(sink.message()).contains("does not speak TLS on this socket");
            assertThat(file.connections()).isEqualTo(1);
        }
    }

    @Test
    void silenceInTheHandshakeIs504() throws Exception {
        OriginOptions hasty =
                OriginOptions.builder().tlsTimeout(Duration.ofMillis(200)).build();
        try (ScriptedOrigin origin = new ScriptedOrigin(ScriptedOrigin.Peer::untilEnd);
                SocketFile file = new SocketFile(path(), origin.port());
                ProxyRig rig = new ProxyRig(Origin.unixTls(path()), hasty)) {
            assertThat(rig.get("/").end().failure()).isEqualTo(OriginFailure.TLS_TIMED_OUT);
            assertThat(file.connections()).isEqualTo(1);
        }
    }
}
