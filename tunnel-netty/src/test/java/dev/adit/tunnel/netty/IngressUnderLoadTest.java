package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.Visitor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Rules are replaced 100 times while visitors keep asking, 500 requests a second as far as the machine can: none fails, and
 * each sees one version, which was in force while it ran. A change waits for so many requests after the one before, not
 * for time, so that a slow machine takes longer and nothing else.
 */
class IngressUnderLoadTest {

    private static final int CHANGES = 100;
    private static final int REQUESTS_A_CHANGE = 20;
    private static final int VISITORS = 8;
    private static final long MILLIS_BETWEEN_REQUESTS = 1000 * VISITORS / 500;

    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Semaphore answered = new Semaphore(0);

    /** The version that is being put in force, and the latest that is. */
    private volatile int begun;

    private volatile int inForce;

    @Test
    void noRequestFailsAndEachSeesOneVersion() throws Exception {
        ScheduledExecutorService visitors = Executors.newScheduledThreadPool(VISITORS);
        try (TunnelEdge edge = TunnelEdge.local();
                LocalOrigin origin = new LocalOrigin(exchange -> LocalOrigin.respond(
                        exchange, exchange.getRequestHeaders().getFirst("Host")));
                Tunnel tunnel = TunnelClient.builder()
                        .edge(edge)
                        .ingress(rules(0, origin.port()))
                        .build()
                        .start()) {
            String host = tunnel.url().orElseThrow().getAuthority();
            CountDownLatch running = new CountDownLatch(VISITORS);
            List<Future<?>> loops = new ArrayList<>();
            List<Visitor> connections = new ArrayList<>();
            for (int i = 0; i < VISITORS; i++) {
                Visitor visitor = new Visitor(edge.publicAddress());
                connections.add(visitor);
                String path = i % 2 == 0 ? "/handler" : "/origin";
                loops.add(visitors.scheduleAtFixedRate(
                        () -> {
                            ask(visitor, host, path);
                            running.countDown();
                        },
                        0,
                        MILLIS_BETWEEN_REQUESTS,
                        TimeUnit.MILLISECONDS));
            }
            assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();
            for (int version = 1; version <= CHANGES; version++) {
                assertThat(answered.tryAcquire(REQUESTS_A_CHANGE, 60, TimeUnit.SECONDS))
                        .as("requests after change %d; wrong: %s", version - 1, wrong)
                        .isTrue();
                begun = version;
                tunnel.updateIngress(rules(version, origin.port()));
                inForce = version;
            }
            assertThat(answered.tryAcquire(REQUESTS_A_CHANGE, 60, TimeUnit.SECONDS))
                    .isTrue();
            loops.forEach(loop -> loop.cancel(false));
            visitors.shutdown();
            assertThat(visitors.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            for (Visitor visitor : connections) {
                visitor.close();
            }
            assertThat(wrong).isEmpty();
        } finally {
            visitors.shutdownNow();
        }
    }

    /** Both rules say which version they are of, in the way that shows whether match, options and origin belong together. */
    private static Ingress rules(int version, int port) {
        String name = "v" + version + ".test";
        return Ingress.of(
                IngressRule.path("^/handler").to(Origin.handler(exchange -> exchange.respond(200, "text/plain", name))),
                IngressRule.otherwise(Origin.http("127.0.0.1", port))
                        .with(OriginOptions.builder().httpHostHeader(name).build()));
    }

    private void ask(Visitor visitor, String host, String path) {
        int oldest = inForce;
        try {
            visitor.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            Visitor.Response response = visitor.read();
            int newest = begun;
            String seen = response.text();
            boolean known = response.status() == 200 && seen.matches("v[0-9]+\\.test");
            int version = known ? Integer.parseInt(seen.substring(1, seen.indexOf('.'))) : -1;
            if (version < oldest || version > newest) {
                wrong.add(path + ": " + response.status() + " '" + seen + "', in force " + oldest + ".." + newest);
            }
            answered.release();
        } catch (Exception e) {
            wrong.add(path + ": " + e);
            throw new IllegalStateException(e); // no further request on this connection
        }
    }
}
