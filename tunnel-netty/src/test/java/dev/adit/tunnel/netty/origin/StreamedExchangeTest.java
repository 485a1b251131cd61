package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What must not be held back on the way from an origin to a visitor: the origin goes on only when the visitor has seen
 * what went before, so whatever waits for more waits for ever.
 */
class StreamedExchangeTest {

    private static final int EVENTS = 5;

    @TempDir
    Path directory;

    private TunnelEdge edge;

    @BeforeEach
    void startEdge() {
        edge = TunnelEdge.local();
    }

    @AfterEach
    void closeEdge() {
        edge.close(Duration.ZERO);
    }

    static Stream<Arguments> kindsAndTypes() {
        return Arrays.stream(TestOrigin.Kind.values())
                .flatMap(kind -> Stream.of("text/event-stream", "application/x-ndjson", "application/octet-stream")
                        .map(type -> Arguments.of(kind, type)));
    }

    @ParameterizedTest
    @MethodSource("kindsAndTypes")
    void eachPieceArrivesBeforeTheNextIsSent(TestOrigin.Kind kind, String type) throws Exception {
        Semaphore seen = new Semaphore(0);
        try (TestOrigin origin = TestOrigin.of(kind, directory, exchange -> {
                    exchange.head(type);
                    await(seen);
                    for (int i = 0; i < EVENTS; i++) {
                        exchange.data("data: " + i + "\n\n");
                        await(seen);
                    }
                    exchange.end();
                });
                Tunnel tunnel = start(origin);
                Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
            assertThat(visitor.line()).isEqualTo("HTTP/1.1 200 OK");
            skipTo(visitor, "");
            seen.release();
            for (int i = 0; i < EVENTS; i++) {
                skipTo(visitor, "data: " + i);
                seen.release();
            }
            skipTo(visitor, "0");
            assertThat(visitor.line()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(TestOrigin.Kind.class)
    void earlyHintsComeEarly(TestOrigin.Kind kind) throws Exception {
        Semaphore seen = new Semaphore(0);
        try (TestOrigin origin = TestOrigin.of(kind, directory, exchange -> {
                    exchange.inform(103, "Link", "</a.css>; rel=preload");
                    await(seen);
                    exchange.inform(103, "Link", "</b.css>; rel=preload");
                    await(seen);
                    exchange.head("text/plain");
                    exchange.data("done");
                    exchange.end();
                });
                Tunnel tunnel = start(origin);
                Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n\r\n");
            for (String file : new String[] {"a", "b"}) {
                Visitor.Response hints = visitor.read();
                assertThat(hints.status()).isEqualTo(103);
                assertThat(hints.header("link")).isEqualTo("</" + file + ".css>; rel=preload");
                seen.release();
            }
            Visitor.Response response = visitor.read();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("link")).isEmpty();
            assertThat(response.text()).isEqualTo("done");
        }
    }

    @ParameterizedTest
    @EnumSource(TestOrigin.Kind.class)
    void aBodyThatWaitsToBeAskedForIsAskedFor(TestOrigin.Kind kind) throws Exception {
        try (TestOrigin origin = TestOrigin.of(kind, directory, exchange -> {
                    exchange.inform(100, "X-Unused", "1");
                    String body = exchange.body();
                    exchange.head("text/plain");
                    exchange.data(body);
                    exchange.end();
                });
                Tunnel tunnel = start(origin);
                Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("POST / HTTP/1.1\r\nHost: " + host(tunnel)
                    + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(visitor.read().status()).isEqualTo(100);
            visitor.send("hello");
            Visitor.Response response = visitor.read();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("hello");
        }
    }

    @ParameterizedTest
    @EnumSource(TestOrigin.Kind.class)
    void aBodyThatNobodyWantsIsNotAskedFor(TestOrigin.Kind kind) throws Exception {
        try (TestOrigin origin = TestOrigin.of(kind, directory, exchange -> {
                    exchange.head("text/plain");
                    exchange.data("no");
                    exchange.end();
                });
                Tunnel tunnel = start(origin);
                Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("POST / HTTP/1.1\r\nHost: " + host(tunnel)
                    + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            Visitor.Response response = visitor.read();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("no");
            assertThat(response.header("connection")).isEqualTo("close");
        }
    }

    private static void await(Semaphore seen) throws InterruptedException {
        if (!seen.tryAcquire(TestOrigin.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("The visitor did not see what was sent");
        }
    }

    private static void skipTo(Visitor visitor, String line) throws Exception {
        while (!visitor.line().equals(line)) {
            // Heads, chunk sizes, the ends of events.
        }
    }

    private Tunnel start(TestOrigin origin) {
        return TunnelClient.builder()
                .edge(edge)
                .ingress(IngressRule.otherwise(origin.origin()).with(origin.options()))
                .build()
                .start();
    }

    private static String host(Tunnel tunnel) {
        return tunnel.url().orElseThrow().getAuthority();
    }
}
