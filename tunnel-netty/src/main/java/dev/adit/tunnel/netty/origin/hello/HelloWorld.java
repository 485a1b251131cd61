package dev.adit.tunnel.netty.origin.hello;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginHandler;
import dev.adit.tunnel.OriginWebSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A small service to try a tunnel with: a page that shows the request, {@code /uptime}, {@code /ws} (sends back what it
 * gets), {@code /sse} (counts) and {@code /_health}. Answers as cloudflared's does (2026.8.2, {@code hello/hello.go}),
 * without its listener on the loopback address. Safe for use by several threads.
 */
public final class HelloWorld implements OriginHandler {

    private static final Duration COUNT_EVERY = Duration.ofSeconds(10);

    /** A visitor asks for the pace, so there is a limit to it. */
    private static final Duration COUNT_AT_MOST_EVERY = Duration.ofMillis(10);

    private final Instant start;

    /**
     * Makes the service.
     *
     * @param start since when it is up
     */
    public HelloWorld(Instant start) {
        this.start = start;
    }

    @Override
    public void handle(OriginExchange exchange) throws IOException, InterruptedException {
        switch (exchange.request().path()) {
            case "/uptime" -> exchange.respond(200, "application/json", uptime());
            case "/ws" -> webSocket(exchange);
            case "/sse" -> count(exchange);
            case "/_health" -> exchange.respond(200, "text/plain; charset=utf-8", "ok");
            default -> exchange.respond(200, "text/html; charset=utf-8", RequestPage.of(exchange));
        }
    }

    private String uptime() {
        Instant now = Instant.now();
        return "{\"startTime\":\"" + start + "\",\"uptime\":\"" + GoDurations.text(Duration.between(start, now))
                + "\"}";
    }

    /** Sends every message back. */
    private static void webSocket(OriginExchange exchange) throws IOException {
        if (!exchange.request().webSocket()) {
            exchange.respond(400, "text/plain; charset=utf-8", "This is the place for WebSockets.\n");
            return;
        }
        if (!isSameHost(exchange)) {
            exchange.respond(403, "text/plain; charset=utf-8", "The page that asks is of another host.\n");
            return;
        }
        try (OriginWebSocket socket = exchange.acceptWebSocket(HeaderFields.empty())) {
            OriginWebSocket.Message message = socket.receive();
            while (message != null) {
                if (message instanceof OriginWebSocket.Message.Text text) {
                    socket.sendText(text.text());
                } else if (message instanceof OriginWebSocket.Message.Binary binary) {
                    socket.sendBinary(binary.data());
                }
                message = socket.receive();
            }
        }
    }

    /** A browser names the page that opens a WebSocket; others name none. */
    private static boolean isSameHost(OriginExchange exchange) {
        Optional<String> origin = exchange.request().headers().first("origin");
        if (origin.isEmpty()) {
            return true;
        }
        try {
            String ours = "http://" + exchange.request().host();
            return String.valueOf(URI.create(origin.get()).getHost())
                    .equalsIgnoreCase(URI.create(ours).getHost());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Counts until the visitor leaves. */
    private static void count(OriginExchange exchange) throws IOException, InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        exchange.onCancel(gone::countDown);
        long pause = pace(exchange).toNanos();
        try (OutputStream out =
                exchange.respond(200, HeaderFields.of("Content-Type", "text/event-stream; charset=utf-8"))) {
            for (long counter = 0; !gone.await(pause, TimeUnit.NANOSECONDS); counter++) {
                out.write((counter + "\n\n").getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        }
    }

    private static Duration pace(OriginExchange exchange) {
        String query = exchange.request().query().orElse("");
        for (String parameter : query.split("&", -1)) {
            if (parameter.startsWith("freq=")) {
                Duration asked = GoDurations.parse(parameter.substring("freq=".length()))
                        .filter(pace -> !pace.isZero())
                        .orElse(COUNT_EVERY);
                return asked.compareTo(COUNT_AT_MOST_EVERY) < 0 ? COUNT_AT_MOST_EVERY : asked;
            }
        }
        return COUNT_EVERY;
    }
}
