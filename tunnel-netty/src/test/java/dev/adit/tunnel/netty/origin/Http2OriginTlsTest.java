package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Https origins to which HTTP/2 is offered. */
class Http2OriginTlsTest {

    /** The example of RFC 6455 section 1.3. */
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final String UPGRADED = """
            HTTP/1.1 101 Switching Protocols\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
            \r
            """;

    @TempDir
    static Path directory;

    private static X509Bundle certificate;
    private static Path caPool;

    @BeforeAll
    static void makeCertificate() throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        certificate = new CertificateBuilder()
                .subject("CN=leaf")
                .addSanDnsName("localhost")
                .addSanDnsName("app.test")
                .addSanDnsName("other.test")
                .buildIssuedBy(authority);
    }

    private static ProxyRig rig(int port, boolean matchSniToHost) {
        OriginOptions options = OriginOptions.builder()
                .http2Origin(true)
                .caPool(caPool)
                .matchSniToHost(matchSniToHost)
                .build();
        return new ProxyRig(Origin.https("localhost", port), options);
    }

    private static ScriptedHttp2Origin http2(ScriptedHttp2Origin.Script script) throws Exception {
        SslContext tls = SslContextBuilder.forServer(certificate.toKeyManagerFactory())
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2))
                .build();
        return new ScriptedHttp2Origin(new Http2Settings(), tls, script);
    }

    /** An origin of HTTP/1.1, with ALPN or without. */
    private static ScriptedOrigin http1(boolean alpn, ScriptedOrigin.Script script) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
        return new ScriptedOrigin(InetAddress.getByName("127.0.0.1"), context.getServerSocketFactory(), peer -> {
            SSLSocket socket = (SSLSocket) peer.socket();
            if (alpn) {
                socket.setHandshakeApplicationProtocolSelector((ignored, offered) ->
                        offered.contains("http/1.1") ? "http/1.1" : offered.isEmpty() ? "" : null);
            }
            socket.startHandshake();
            script.play(peer);
        });
    }

    @Test
    void http2IsSpokenWhereTheOriginTakesIt() throws Exception {
        AtomicReference<String> scheme = new AtomicReference<>();
        try (ScriptedHttp2Origin origin = http2(frame -> {
                    scheme.set(frame.headers.scheme().toString());
                    frame.head(false, ":status", "200");
                    frame.data("body", false);
                    frame.head(true, "grpc-status", "0");
                });
                ProxyRig rig = rig(origin.port(), false)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.message()).isEmpty();
            assertThat(sink.body()).isEqualTo("body");
            assertThat(sink.trailers()).containsExactly(Map.entry("grpc-status", "0"));
            assertThat(scheme.get()).isEqualTo("https");
            rig.get("/").end();
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @Test
    void eachServerNameHasItsOwnConnections() throws Exception {
        try (ScriptedHttp2Origin origin = http2(frame -> frame.ok("" + frame.connection()));
                ProxyRig rig = rig(origin.port(), true)) {
            assertThat(rig.get("/").end().body()).isEqualTo("1");
            ProxiedRequest other = new ProxiedRequest("GET", "/", "other.test", ProxyRig.headers(), false, true);
            assertThat(rig.start(other).end().body()).isEqualTo("2");
            assertThat(rig.get("/").end().body()).isEqualTo("1");
        }
    }

    @Test
    void anOriginThatChoosesHttp1IsServedSoOnTheSameConnection() throws Exception {
        for (boolean alpn : new boolean[] {true, false}) {
            try (ScriptedOrigin origin = http1(alpn, peer -> {
                        while (true) {
                            peer.note(peer.message());
                            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                        }
                    });
                    ProxyRig rig = rig(origin.port(), false)) {
                RecordingSink sink = rig.start("POST", "/a", false)
                        .data("body", false)
                        .trailers("x-sum", "4")
                        .end();
                assertThat(sink.message()).isEmpty();
                assertThat(sink.body()).isEqualTo("ok");
                assertThat(sink.consumed()).isEqualTo(4);
                assertThat(origin.note()).startsWith("POST /a HTTP/1.1").contains("4\r\nbody\r\n0\r\nx-sum: 4");
                assertThat(rig.get("/b").end().body()).isEqualTo("ok");
                assertThat(origin.note()).startsWith("GET /b HTTP/1.1");
                assertThat(origin.connections()).isEqualTo(1);
            }
        }
    }

    @Test
    void requestsThatWaitedTogetherAllFallBack() throws Exception {
        try (ScriptedOrigin origin = http1(true, peer -> {
                    while (true) {
                        String target = peer.message().split(" ", 3)[1];
                        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + target);
                    }
                });
                ProxyRig rig = rig(origin.port(), false)) {
            ProxyRig.Call a = rig.get("/a");
            ProxyRig.Call b = rig.get("/b");
            ProxyRig.Call c = rig.get("/c");
            assertThat(a.end().body()).isEqualTo("/a");
            assertThat(b.end().body()).isEqualTo("/b");
            assertThat(c.end().body()).isEqualTo("/c");
        }
    }

    @Test
    void aRequestThatMayNotGoOverHttp2IsSentOverHttp1() throws Exception {
        try (ScriptedHttp2Origin origin =
                        http2(frame -> frame.reset(io.netty.handler.codec.http2.Http2Error.HTTP_1_1_REQUIRED));
                ProxyRig rig = rig(origin.port(), false)) {
            // This origin speaks HTTP/2 alone, so what shows is that HTTP/1.1 was tried.
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isNotNull();
            assertThat(sink.message()).contains("HTTP/1.1");
        }
    }

    @Test
    void webSocketsGoOverHttp1() throws Exception {
        try (ScriptedOrigin origin = http1(true, peer -> {
                    peer.note(peer.message());
                    peer.write(UPGRADED);
                    peer.write(peer.read(4));
                });
                ProxyRig rig = rig(origin.port(), false)) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            call.sink.awaitHead();
            assertThat(call.sink.status()).isEqualTo(101);
            call.data("ping", false);
            call.sink.await("the echo", () -> call.sink.body().equals("ping"));
            assertThat(origin.note()).startsWith("GET /ws HTTP/1.1");
            call.cancel();
        }
    }
}
