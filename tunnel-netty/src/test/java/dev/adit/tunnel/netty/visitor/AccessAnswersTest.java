package dev.adit.tunnel.netty.visitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.wire.websocket.HalfClose;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What hosts answer, and what they send afterwards. */
class AccessAnswersTest {

    private static String copied(ScriptedHost host) throws Exception {
        return copied(TcpAccess.builder().url(host.url()));
    }

    /** With an input that does not end. */
    private static String copied(TcpAccess.Builder access) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PipedOutputStream keyboard = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(keyboard)) {
            access.copy(in, out);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void asksAsCloudflaredDoesAndKeepsSecretsToItself() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send("HTTP/1.1 403 Forbidden\r\n\r\n"))) {
            TcpAccess.Builder access = TcpAccess.builder()
                    .url(URI.create(host.url() + "deep?q=1"))
                    .serviceToken("the-id", "the-secret")
                    .destination("db.internal:5432")
                    .header("X-More", "value");
            assertThatThrownBy(() -> copied(access))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("refuses access (403)")
                    .hasMessageNotContaining("the-secret")
                    .hasMessageNotContaining("the-id");
            assertThat(host.request())
                    .startsWith("GET /deep?q=1 HTTP/1.1\r\n")
                    .contains("Cf-Access-Client-Id: the-id\r\n")
                    .contains("Cf-Access-Client-Secret: the-secret\r\n")
                    .contains("Cf-Access-Jump-Destination: db.internal:5432\r\n")
                    .contains("X-More: value\r\n")
                    .containsIgnoringCase("upgrade: websocket\r\n")
                    .containsIgnoringCase("connection: upgrade\r\n")
                    .containsIgnoringCase("sec-websocket-version: 13\r\n")
                    .containsIgnoringCase("host: 127.0.0.1:" + host.url().getPort() + "\r\n");
            try (TcpAccess running = access.start()) {
                assertThat(running.toString()).doesNotContain("the-");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401 Unauthorized|| wants to know who asks (401)",
                "403 Forbidden|| refuses access (403)",
                "404 Not Found|| has no such service (404)",
                "429 Too Many Requests|| takes no more connections",
                "502 Bad Gateway|| connector does not reach the TCP service (502)",
                "530 Origin||no connector is connected",
                "500 Oops||cannot serve at the moment (500)",
                "200 OK||answered 200 where a TCP service answers 101",
                "426 Upgrade Required||answered 426",
                "302 Found|/cdn-cgi/access/login/x?kid=s3cret|asks for a login by Cloudflare Access (302)",
                "302 Found|https://team.test/cdn-cgi/access/login/x?kid=s3cret|asks for a login by Cloudflare Access",
                "301 Moved|https://other.test/there?token=s3cret|redirect (301) to other.test/there.",
                "302 Found|https://[bad|redirect (302) to an address that cannot be read"
            })
    void answersAreToldInWords(String status, String location, String words) throws Exception {
        String head = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n"
                + (location == null ? "" : "Location: " + location + "\r\n") + "\r\n";
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send(head))) {
            assertThatThrownBy(() -> copied(host))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageStartingWith("127.0.0.1:" + host.url().getPort() + " ")
                    .hasMessageContaining(words)
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void interimAnswersAndBytesRightBehindTheAnswerAreNotLost() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> {
            visit.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + visit.upgrade()
                    + "\u0082\u0005hello\u0082\u0006 world\u0088\u0002\u0003\u00E8");
            assertThat(visit.frame()).isEqualTo("88 \u0003\u00E8");
        })) {
            assertThat(copied(host)).isEqualTo("hello world");
            host.request();
        }
    }

    @Test
    void anEndRightBehindTheAnswerEndsTheCopyingInOrder() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> {
            visit.send(visit.upgrade("Sec-WebSocket-Extensions: " + HalfClose.EXTENSION + "\r\n")
                    + "\u0082\u0003bye\u0088\u0002\u0003\u00E8");
            assertThat(visit.frame()).isEqualTo("88 \u0003\u00E8");
        })) {
            assertThat(copied(host)).isEqualTo("bye");
            host.request();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'Upgrade: h2c',does not say that it upgrades",
        "'Upgrade: websocket',does not answer our key",
    })
    void anAgreementWithoutProofIsNone(String header, String words) throws Exception {
        try (ScriptedHost host =
                new ScriptedHost(visit -> visit.send("HTTP/1.1 101 Switching Protocols\r\n" + header + "\r\n\r\n"))) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining(words);
        }
    }

    @ParameterizedTest
    @CsvSource({"Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"})
    void whatWasNotOfferedMayNotBeAgreed(String header) throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send(visit.upgrade(header + "\r\n")))) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining("was not offered");
        }
    }

    @Test
    void pingsAreAnswered() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> {
            visit.send(visit.upgrade());
            visit.sendHex("8900");
            assertThat(visit.frame()).isEqualTo("8a ");
            visit.send("\u0089\u0003abc");
            assertThat(visit.frame()).isEqualTo("8a abc");
            visit.sendHex("880203E9");
        })) {
            assertThat(copied(host)).isEmpty();
            host.request();
        }
    }

    @Test
    void messagesHaveAtMost16KiBAndAreMasked() throws Exception {
        byte[] bytes = new byte[40_000];
        java.util.Arrays.fill(bytes, (byte) 'x');
        StringBuilder seen = new StringBuilder();
        try (ScriptedHost host = new ScriptedHost(visit -> {
            visit.send(visit.upgrade());
            while (seen.length() < bytes.length) {
                String frame = visit.frame();
                assertThat(frame).startsWith("82 ").hasSizeLessThanOrEqualTo(16_384 + 3);
                seen.append(frame, 3, frame.length());
            }
            visit.sendHex("880203E8");
        })) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            InputStream in = new java.io.SequenceInputStream(Collections.enumeration(java.util.List.of(
                    new java.io.ByteArrayInputStream(bytes), new PipedInputStream(new PipedOutputStream()))));
            TcpAccess.builder().url(host.url()).copy(in, out);
            host.request();
            assertThat(seen.toString()).isEqualTo("x".repeat(bytes.length));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "810161,88 \u0003\u00EB,sent text",
        "828100000000FF,88 \u0003\u00EA,masked",
        "C20161,88 \u0003\u00EA,reserved bit",
        "830161,88 \u0003\u00EA,not known",
        "88020001,88 \u0003\u00EA,no valid status"
    })
    void aHostThatBreaksARuleIsLeft(String hex, String close, String words) throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> {
            visit.send(visit.upgrade());
            visit.sendHex(hex);
            assertThat(visit.frame()).isEqualTo(close);
        })) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining(words).hasMessageContaining("was cut");
            host.request();
        }
    }

    /** cloudflared's connector may end without a close; one that agreed to half-closes may not. */
    @Test
    void anEndWithoutACloseCountsAsOneOnlyWhereItIsUsual() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send(visit.upgrade() + "\u0082\u0002ok"))) {
            assertThat(copied(host)).isEqualTo("ok");
        }
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send(visit.upgrade() + "\u0082\u0005cu"))) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining("ended without a close");
        }
        try (ScriptedHost host = new ScriptedHost(visit ->
                visit.send(visit.upgrade("Sec-WebSocket-Extensions: x-adit-half-close\r\n") + "\u0082\u0002ok"))) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining("ended without a close");
        }
    }

    @Test
    void aHostThatIsNotThereOrSilentOrNoHttpIsTold() throws Exception {
        int closed;
        try (ScriptedHost host = new ScriptedHost(visit -> {})) {
            closed = host.url().getPort();
        }
        assertThatThrownBy(() -> copied(TcpAccess.builder().url(URI.create("http://127.0.0.1:" + closed))))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("cannot be connected to at 127.0.0.1:" + closed);
        try (ScriptedHost host =
                new ScriptedHost(visit -> assertThat(visit.in().read()).isEqualTo(-1))) {
            assertThatThrownBy(() -> copied(TcpAccess.builder().url(host.url()).connectTimeout(Duration.ofSeconds(1))))
                    .hasMessageContaining("did not open a WebSocket within 1000 ms");
            host.request();
        }
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"))) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining("does not speak HTTP/1.1");
        }
        try (ScriptedHost host = new ScriptedHost(visit -> {})) {
            assertThatThrownBy(() -> copied(host)).hasMessageContaining("before it answered");
        }
        try (ScriptedHost host = new ScriptedHost(visit -> {})) {
            URI plain = URI.create("https://127.0.0.1:" + host.url().getPort());
            assertThatThrownBy(() -> copied(TcpAccess.builder().url(plain).connectTimeout(Duration.ofSeconds(1))))
                    .isInstanceOf(TunnelException.class);
        }
        assertThatThrownBy(() -> copied(TcpAccess.builder()
                        .url(URI.create("http://name.test"))
                        .edgeAddress(InetSocketAddress.createUnresolved("no-such-name.invalid", 80))))
                .hasMessageContaining("no-such-name.invalid has no address");
    }

    @Test
    void aProgramIsCutOffWhenItsConnectionDoesNotGetThrough() throws Exception {
        try (ScriptedHost host = new ScriptedHost(visit -> visit.send("HTTP/1.1 403 Forbidden\r\n\r\n"));
                TcpAccess access = TcpAccess.builder().url(host.url()).start();
                Socket program = new Socket(
                        access.address().getAddress(), access.address().getPort())) {
            program.setSoTimeout(30_000);
            assertThatThrownBy(() -> program.getInputStream().read()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatCannotBeUsedIsRefusedAtOnce() {
        assertThatThrownBy(() -> TcpAccess.builder().start())
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no host to connect to");
        assertThatThrownBy(() -> TcpAccess.builder().hostname("not a host"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TcpAccess.builder().url(URI.create("ftp://host.test")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TcpAccess.builder().url(URI.create("http://user:pw@host.test")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("pw");
        assertThatThrownBy(() -> TcpAccess.builder().header("Upgrade", "h2c"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TcpAccess.builder().serviceToken("id", "secret\r\nX: y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret\r");
        assertThatThrownBy(() -> TcpAccess.builder().connectTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
