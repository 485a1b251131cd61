package dev.adit.tunnel.examples.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.examples.CtrlC;
import dev.adit.tunnel.examples.RequestLines;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An application that is reachable although it listens nowhere: requests come out of the tunnel and into its handlers.
 * {@code /} greets, {@code /clock} is a stream of events, one a second, {@code /echo} gives back what it is sent.
 */
public final class Main {

    private static final String PAGE = "<!doctype html><title>Adit</title><h1>Hello from a handler</h1>"
            + "<p>No port was opened for this page. It is <b id=t>...</b>."
            + "<script>new EventSource('/clock').onmessage=e=>t.textContent=e.data</script>\n";

    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final CountDownLatch ENDING = new CountDownLatch(1);

    private Main() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args not used
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        RequestLines lines = new RequestLines();
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = TunnelClient.builder()
                        .edge(edge)
                        .ingress(
                                IngressRule.path("^/clock$").to(Origin.handler(Main::clock)),
                                IngressRule.path("^/echo$").to(Origin.handler(Main::echo)),
                                IngressRule.otherwise(Origin.handler(
                                        exchange -> exchange.respond(200, "text/html; charset=utf-8", PAGE))))
                        .listener(lines)
                        .build()
                        .start()) {
            System.out.println("In a browser or with curl:   " + tunnel.url().orElseThrow());
            System.out.println("Where that does not resolve: "
                    + edge.directUrl(tunnel.id()).orElseThrow());
            System.out.println("Ctrl-C ends it.\n");
            CtrlC.await();
            ENDING.countDown();
            lines.drain(tunnel, Duration.ofSeconds(10));
        }
    }

    private static void clock(OriginExchange exchange) throws IOException, InterruptedException {
        HeaderFields headers = HeaderFields.of("Content-Type", "text/event-stream", "Cache-Control", "no-store");
        try (OutputStream events = exchange.respond(200, headers)) {
            do {
                String event = "data: " + LocalTime.now(ZoneId.systemDefault()).format(SECONDS) + "\n\n";
                events.write(event.getBytes(StandardCharsets.UTF_8));
                events.flush();
            } while (!exchange.isCancelled() && !ENDING.await(1, TimeUnit.SECONDS));
        }
    }

    private static void echo(OriginExchange exchange) throws IOException {
        HeaderFields headers = HeaderFields.of("Content-Type", "application/octet-stream");
        try (OutputStream body = exchange.respond(200, headers)) {
            exchange.body().transferTo(body);
        }
    }
}
