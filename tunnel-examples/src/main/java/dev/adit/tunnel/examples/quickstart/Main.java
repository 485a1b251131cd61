package dev.adit.tunnel.examples.quickstart;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.examples.CtrlC;
import dev.adit.tunnel.examples.Port;
import dev.adit.tunnel.examples.RequestLines;
import java.io.IOException;
import java.time.Duration;

/**
 * Makes a local port reachable through a tunnel whose two ends run in this JVM. {@code -Dport=3000} exposes what listens
 * there; without it, a small page that shows each request as it arrived.
 */
public final class Main {

    private static final Duration GRACE = Duration.ofSeconds(10);

    private Main() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args not used
     * @throws IOException if the demo page cannot be started
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Integer given = Port.given("port");
        RequestLines lines = new RequestLines();
        try (DemoPage page = DemoPage.start();
                TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = TunnelClient.builder()
                        .edge(edge)
                        .ingress(IngressRule.otherwise(Origin.http("localhost", given == null ? page.port() : given)))
                        .listener(lines)
                        .build()
                        .start()) {
            System.out.println("In a browser or with curl:   " + tunnel.url().orElseThrow());
            System.out.println("Where that does not resolve: "
                    + edge.directUrl(tunnel.id()).orElseThrow());
            System.out.println("Requests go to:              "
                    + (given == null ? "a demo page, port " + page.port() : "localhost, port " + given));
            System.out.println("Ctrl-C ends it.\n");
            CtrlC.await();
            lines.drain(tunnel, GRACE);
        }
    }
}
