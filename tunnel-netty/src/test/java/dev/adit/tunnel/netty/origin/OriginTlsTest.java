package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom an https origin's proxy trusts, and which name it asks for. */
class OriginTlsTest {

    @TempDir
    static Path directory;

    private static X509Bundle authority;
    private static Path caPool;

    @BeforeAll
    static void makeAuthority() throws Exception {
        authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
    }

    private static OriginOptions options(UnaryOperator<OriginOptions.Builder> change) {
        return change.apply(OriginOptions.builder().caPool(caPool)).build();
    }

    private static CertificateBuilder leaf() {
        return new CertificateBuilder().subject("CN=leaf");
    }

    private static SSLContext context(CertificateBuilder leaf) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(leaf.buildIssuedBy(authority).toKeyManagerFactory().getKeyManagers(), null, null);
        return context;
    }

    /** Notes the names that were asked for, and answers. */
    private static ScriptedOrigin origin(CertificateBuilder leaf) throws Exception {
        SSLContext context = context(leaf);
        return new ScriptedOrigin(InetAddress.getByName("127.0.0.1"), context.getServerSocketFactory(), peer -> {
            while (true) {
                peer.message();
                ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) peer.socket()).getSession();
                peer.note(session.getRequestedServerNames().toString());
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
    }

    private static RecordingSink get(ScriptedOrigin origin, String host, OriginOptions options) throws Exception {
        try (ProxyRig rig = new ProxyRig(Origin.https(host, origin.port()), options)) {
            return rig.get("/").end();
        }
    }

    private static void succeeds(CertificateBuilder leaf, String host, OriginOptions options, String names)
            throws Exception {
        try (ScriptedOrigin origin = origin(leaf)) {
            RecordingSink sink = get(origin, host, options);
            assertThat(sink.message()).isEmpty();
            assertThat(sink.body()).isEqualTo("ok");
            assertThat(origin.note()).contains(names);
        }
    }

    private static void fails(CertificateBuilder leaf, OriginOptions options) throws Exception {
        try (ScriptedOrigin origin = origin(leaf)) {
            RecordingSink sink = get(origin, "localhost", options);
            assertThat(sink.failure()).isEqualTo(OriginFailure.TLS_FAILED);
            assertThat(sink.message()).startsWith("Origin https://localhost:" + origin.port());
        }
    }

    @Test
    void nameAndChainAreVerified() throws Exception {
        succeeds(leaf().addSanDnsName("localhost"), "localhost", options(o -> o), "localhost");
    }

    @Test
    void addressIsVerifiedAndNotAskedFor() throws Exception {
        succeeds(leaf().addSanIpAddress("127.0.0.1"), "127.0.0.1", options(o -> o), "[]");
    }

    @Test
    void unknownAuthorityFails() throws Exception {
        fails(leaf().addSanDnsName("localhost"), OriginOptions.defaults());
    }

    @Test
    void wrongNameFails() throws Exception {
        fails(leaf().addSanDnsName("other.test"), options(o -> o));
    }

    @Test
    void expiredCertificateFails() throws Exception {
        Instant now = Instant.now();
        fails(
                leaf().addSanDnsName("localhost")
                        .notBefore(now.minus(20, ChronoUnit.DAYS))
                        .notAfter(now.minus(10, ChronoUnit.DAYS)),
                options(o -> o));
    }

    @Test
    void originServerNameIsAskedForAndVerified() throws Exception {
        succeeds(
                leaf().addSanDnsName("other.test"),
                "localhost",
                options(o -> o.originServerName("other.test")),
                "other.test");
    }

    @Test
    void unverifiedByChoice() throws Exception {
        succeeds(
                leaf().addSanDnsName("other.test"),
                "localhost",
                OriginOptions.builder().noTlsVerify(true).build(),
                "localhost");
    }

    @Test
    void connectionsAreNotSharedBetweenNames() throws Exception {
        OriginOptions matching = options(o -> o.matchSniToHost(true));
        try (ScriptedOrigin origin = origin(leaf().addSanDnsName("a.test").addSanDnsName("b.test"));
                ProxyRig rig = new ProxyRig(Origin.https("127.0.0.1", origin.port()), matching)) {
            for (String host : new String[] {"a.test:8443", "b.test", "a.test", "b.test:1"}) {
                ProxiedRequest request = new ProxiedRequest("GET", "/", host, ProxyRig.headers(), false, true);
                assertThat(rig.start(request).end().body()).isEqualTo("ok");
                assertThat(origin.note()).contains(host.substring(0, 6));
            }
            assertThat(origin.connections()).isEqualTo(2);
        }
    }

    @Test
    void silenceInTheHandshakeIs504() throws Exception {
        OriginOptions hasty = options(o -> o.tlsTimeout(Duration.ofMillis(200)));
        try (ScriptedOrigin origin = new ScriptedOrigin(ScriptedOrigin.Peer::untilEnd)) {
            assertThat(get(origin, "127.0.0.1", hasty).failure()).isEqualTo(OriginFailure.TLS_TIMED_OUT);
        }
    }

    /** Whoever sits in between can end TCP, but not TLS. */
    @Test
    void endOfTcpAloneDoesNotCompleteAResponse() throws Exception {
        SSLContext context = context(leaf().addSanDnsName("localhost"));
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
            SSLSocket tls = (SSLSocket) context.getSocketFactory()
                    .createSocket(peer.socket(), "localhost", peer.socket().getPort(), false);
            tls.setUseClientMode(false);
            tls.getInputStream().read(new byte[16]);
            tls.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\nabc".getBytes(StandardCharsets.ISO_8859_1));
            peer.socket().shutdownOutput();
            peer.untilEnd();
        })) {
            RecordingSink sink = get(origin, "localhost", options(o -> o));
            assertThat(sink.body()).isEqualTo("abc");
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        }
    }

    @Test
    void plainTextPortFails() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
            peer.read(5);
            peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        })) {
            RecordingSink sink = get(origin, "127.0.0.1", options(o -> o));
            assertThat(sink.failure()).isEqualTo(OriginFailure.TLS_FAILED);
            // "HTTP" in hexadecimal would show that the message repeats what the origin sent.
            assertThat(sink.message()).contains("does not speak TLS").doesNotContain("48545450");
        }
    }

    @Test
    void unusableCaPoolIsSaidAtOnce() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        for (Path path : new Path[] {empty, directory.resolve("missing.pem")}) {
            OriginOptions options = OriginOptions.builder().caPool(path).build();
            assertThatThrownBy(() -> new OriginTls(new OriginAddress("https", "localhost", 1), options))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining(path.toString());
        }
    }
}
