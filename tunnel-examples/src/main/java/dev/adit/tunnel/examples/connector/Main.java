package dev.adit.tunnel.examples.connector;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import dev.adit.tunnel.examples.CtrlC;
import dev.adit.tunnel.examples.Port;
import dev.adit.tunnel.examples.RequestLines;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A connector as a process of its own: {@code -Dedge=host:port}, {@code -Dcacert=FILE} (the edge's authority),
 * {@code -Dtoken-file=FILE} (or {@code -Dtoken}), {@code -Dhost=localhost} and {@code -Dport=3000} for the local service.
 * What is not given is taken from {@code TUNNEL_EDGE}, {@code TUNNEL_CACERT} and {@code TUNNEL_TOKEN}.
 */
public final class Main {

    private Main() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args not used
     * @throws IOException if the token's file cannot be read
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Origin origin = Origin.http(System.getProperty("host", "localhost"), Port.given("port", 3000));
        RequestLines lines = new RequestLines();
        TunnelClient.Builder builder = TunnelClient.builder()
                .ingress(IngressRule.otherwise(origin))
                .listener(new Registrations())
                .listener(lines);
        if (System.getProperty("edge") != null) {
            URI edge = URI.create("tcp://" + System.getProperty("edge"));
            builder.edgeAddresses(InetSocketAddress.createUnresolved(edge.getHost(), edge.getPort()));
        }
        if (System.getProperty("cacert") != null) {
            builder.edgeTrust(EdgeTrust.only(Path.of(System.getProperty("cacert"))));
        }
        if (System.getProperty("token-file") != null) {
            Path file = Path.of(System.getProperty("token-file"));
            builder.credentials(TunnelCredentials.fromToken(Files.readString(file)));
        } else if (System.getProperty("token") != null) {
            builder.credentials(TunnelCredentials.fromToken(System.getProperty("token")));
        }
        try (Tunnel tunnel = builder.build().start()) {
            System.out.println("Requests go to " + origin + ". Ctrl-C ends it.\n");
            CtrlC.await();
            lines.drain(tunnel, Duration.ofSeconds(10));
        }
    }

    /** Says when the edge has taken us on; that a connection was lost stands in the log. */
    private static final class Registrations implements TunnelListener {

        @Override
        public void connectionRegistered(TunnelEvent.ConnectionRegistered event) {
            System.out.println(
                    "Registered at " + event.connection().edgeAddress().getHostString() + ":"
                            + event.connection().edgeAddress().getPort() + " (location "
                            + event.connection().location() + ").");
        }
    }
}
