package dev.adit.tunnel.netty.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.TlsFront;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Genuine OpenSSH through the tunnel: logs in and copies a file both ways, by our access and by cloudflared's, to our
 * connector and to cloudflared's. The file has 10 MiB; {@code -Dssh.mib=100} makes it 100. Skipped without sshd; the parts
 * with cloudflared without that.
 */
@Timeout(300)
class OpenSshTest {

    private static final int MEBIBYTES = Integer.getInteger("ssh.mib", 10);
    private static final String HOST = "ssh.test";

    @TempDir
    private Path folder;

    private SshServer sshd;
    private TunnelEdge edge;
    private TunnelCredentials credentials;

    @BeforeEach
    void start() throws Exception {
        Optional<Path> binary = SshServer.binary();
        assumeTrue(
                binary.isPresent() && SshServer.hasClients(),
                "SKIPPED: no OpenSSH. Install openssh-server and openssh-client to run this test.");
        sshd = SshServer.start(binary.orElseThrow(), folder);
        assumeTrue(
                logsInDirectly(),
                "SKIPPED: the OpenSSH server of this machine does not let this user log in, without any tunnel.");
        edge = TunnelEdge.builder().start();
        credentials = edge.createTunnel("ssh");
        edge.route(HOST, credentials.tunnelId());
    }

    private boolean logsInDirectly() throws Exception {
        try {
            return sshd.ssh(List.of("-p", String.valueOf(sshd.port())), "echo in")
                    .contains("in");
        } catch (IOException e) {
            System.err.println("OpenSSH without a tunnel: " + e.getMessage());
            return false;
        }
    }

    @AfterEach
    void stop() throws Exception {
        if (edge != null) {
            edge.close(Duration.ZERO);
        }
        if (sshd != null) {
            sshd.close();
        }
    }

    private static Path cloudflared() {
        Optional<Path> found = CloudflaredProcess.binary();
        assumeTrue(
                found.isPresent(),
                "SKIPPED: no cloudflared. Set CLOUDFLARED_BIN to the program or put it on the PATH to run this test.");
        return found.orElseThrow();
    }

    private Tunnel ourConnector() {
        return TunnelClient.builder()
                .credentials(credentials)
                .edge(edge)
                .ingress(IngressRule.otherwise(Origin.tcp("127.0.0.1", sshd.port())))
                .build()
                .start();
    }

    private CloudflaredProcess theirConnector(Path binary) throws Exception {
        CloudflaredProcess connector =
                CloudflaredProcess.start(binary, folder, edge, credentials, "ssh://127.0.0.1:" + sshd.port(), 1);
        connector.awaitRegistered();
        return connector;
    }

    @Test
    void byOurAccessToOurConnector() throws Exception {
        try (Tunnel tunnel = ourConnector()) {
            assertThat(tunnel.connections()).isNotEmpty();
            byOurAccess();
        }
    }

    @Test
    void byOurAccessToCloudflaredsConnector() throws Exception {
        try (CloudflaredProcess connector = theirConnector(cloudflared())) {
            byOurAccess();
            connector.terminate();
        }
    }

    @Test
    void byCloudflaredsAccessToOurConnector() throws Exception {
        Path binary = cloudflared();
        try (Tunnel tunnel = ourConnector()) {
            assertThat(tunnel.connections()).isNotEmpty();
            byTheirAccess(binary);
        }
    }

    @Test
    void byCloudflaredsAccessToCloudflaredsConnector() throws Exception {
        Path binary = cloudflared();
        try (CloudflaredProcess connector = theirConnector(binary)) {
            byTheirAccess(binary);
            connector.terminate();
        }
    }

    private void byOurAccess() throws Exception {
        try (TlsFront front = new TlsFront(HOST, edge.publicAddress());
                TcpAccess access = TcpAccess.builder()
                        .hostname(HOST)
                        .edgeAddress(front.address())
                        .authorities(List.of(front.authority()))
                        .start()) {
            logInAndCopy(List.of("-o", "Port=" + access.address().getPort()));
        }
    }

    /** It speaks to hosts by TLS only; the option that leads it here switches its verification off. */
    private void byTheirAccess(Path binary) throws Exception {
        try (TlsFront front = new TlsFront(HOST, edge.publicAddress())) {
            logInAndCopy(List.of(
                    "-o",
                    "ProxyCommand=" + binary + " access ssh --hostname " + HOST + " --connect-to " + HOST + ":"
                            + front.address().getPort() + ":127.0.0.1"));
        }
    }

    private void logInAndCopy(List<String> options) throws Exception {
        assertThat(sshd.ssh(options, "echo logged in to $((6 * 7))")).contains("logged in to 42");
        Path file = folder.resolve("file");
        Path there = folder.resolve("there");
        Path back = folder.resolve("back");
        byte[] block = new byte[1024 * 1024];
        Random random = new Random(11);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < MEBIBYTES; i++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        String sum = sha256(file);
        sshd.scp(options, file.toString(), SshServer.remote(there));
        assertThat(sha256(there)).isEqualTo(sum);
        sshd.scp(options, SshServer.remote(there), back.toString());
        assertThat(sha256(back)).isEqualTo(sum);
    }

    private static String sha256(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            Files.copy(file, out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
