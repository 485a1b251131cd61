package dev.adit.tunnel.examples.edge;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.examples.CtrlC;
import dev.adit.tunnel.examples.Port;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An edge as a process of its own, with one tunnel. It keeps its certificate and the tunnel's token in {@code -Ddir}
 * (default {@code target/edge}), so that connectors find it again after a restart. Further: {@code -Dpublic=8080},
 * {@code -Dconnectors=7844}, {@code -Dbind=127.0.0.1}, {@code -Dhost=app.localhost} (the tunnel's name),
 * {@code -Ddomain=localhost} (for quick tunnels, asked for at {@code -Dcontrol=PORT}).
 */
public final class Main {

    private Main() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args not used
     * @throws IOException if a file cannot be read or written
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path dir = Path.of(System.getProperty("dir", "target/edge"));
        Path tokenFile =
                Path.of(System.getProperty("token-file", dir.resolve("token").toString()));
        String bind = System.getProperty("bind", "127.0.0.1");
        String host = System.getProperty("host", "app.localhost");
        TunnelCredentials credentials = TokenFile.readOrMake(tokenFile);

        TunnelEdge.Builder builder = TunnelEdge.builder()
                .publicAddress(new InetSocketAddress(bind, Port.given("public", 8080)))
                .connectorAddress(new InetSocketAddress(bind, Port.given("connectors", 7844)))
                .quickDomain(System.getProperty("domain", "localhost"))
                .keepIdentityIn(dir)
                .tunnel(credentials, host);
        Integer control = Port.given("control");
        if (control != null) {
            builder.controlAddress(new InetSocketAddress("127.0.0.1", control));
        }
        try (TunnelEdge edge = builder.start()) {
            Path authority = dir.resolve("authority.pem");
            if (System.getProperty("ca") != null) {
                authority = Files.copy(authority, Path.of(System.getProperty("ca")), REPLACE_EXISTING);
            }
            System.out.println("Visitors:   " + edge.publicUrl(host));
            String join = bind + ":" + edge.connectorAddress().getPort();
            System.out.println("Connectors: " + join);
            edge.controlAddress().ifPresent(at -> System.out.println("Control:    http://" + at));
            System.out.printf(
                    "%nJoin with Adit:%n  mvn -q -pl tunnel-examples -am compile exec:java -Dexample=connector"
                            + " -Dedge=%s -Dcacert=%s -Dtoken-file=%s -Dport=3000%n",
                    join, authority, tokenFile);
            System.out.printf(
                    "Join with cloudflared:%n  cloudflared tunnel --edge %s --cacert %s --protocol http2 run"
                            + " --token-file %s --url http://localhost:3000%n",
                    join, authority, tokenFile);
            System.out.println("\nCtrl-C ends it.\n");
            CtrlC.await();
            System.out.println("Draining, for at most 10 s ...");
            CloseReport report = edge.close(Duration.ofSeconds(10));
            System.out.printf(
                    "Drained in %d ms: %d cut.%n",
                    report.took().toMillis(), report.cut().size());
        }
    }
}
