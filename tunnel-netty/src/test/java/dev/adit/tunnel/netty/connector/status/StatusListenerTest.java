package dev.adit.tunnel.netty.connector.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Strangers at the local listener: what it refuses and what it bounds. */
@Timeout(60)
class StatusListenerTest {

    private static final InetSocketAddress FREE = new InetSocketAddress("127.0.0.1", 0);
    private static final Duration LONG = Duration.ofSeconds(50);

    private final Queue<String> threads = new ConcurrentLinkedQueue<>();
    private StatusListener listener = open(FREE, LONG);

    @AfterEach
    void close() {
        listener.close();
    }

    /** A tunnel that has not been registered. */
    private final class Unregistered implements StatusSource {

        @Override
        public UUID tunnelId() {
            return new UUID(0, 1);
        }

        @Override
        public UUID connectorId() {
            threads.add(Thread.currentThread().getName());
            return new UUID(0, 2);
        }

        @Override
        public String version() {
            return "adit/test";
        }

        @Override
        public String quickHostname() {
            return "";
        }

        @Override
        public List<ConnectionInfo> readyConnections() {
            return List.of();
        }

        @Override
        public Ingress ingress() {
            return Ingress.of(IngressRule.otherwise(Origin.status(404)));
        }

        @Override
        public int configurationVersion() {
            return -1;
        }
    }

    private StatusListener open(InetSocketAddress address, Duration lifetime) {
        return StatusListener.open(address, new Unregistered(), new TunnelCounts(), lifetime);
    }

    private Visitor.Response ask(String request) throws IOException {
        try (Visitor visitor = new Visitor(listener.address())) {
            visitor.send(request);
            return visitor.read();
        }
    }

    @Test
    void aTunnelThatIsNotRegisteredIsNotReady() throws IOException {
        Visitor.Response ready = ask("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.header("content-type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(ready.text())
                .isEqualTo("{\"status\":503,\"readyConnections\":0,"
                        + "\"connectorId\":\"00000000-0000-0000-0000-000000000002\"}");
        assertThat(ask("GET /diag/tunnel HTTP/1.1\r\nHost: localhost\r\n\r\n").text())
                .isEqualTo("{\"tunnelID\":\"00000000-0000-0000-0000-000000000001\","
                        + "\"connectorID\":\"00000000-0000-0000-0000-000000000002\"}\n");
        assertThat(ask("GET /healthcheck HTTP/1.1\r\nHost: localhost\r\n\r\n").status())
                .isEqualTo(200);
    }

    @Test
    void answersAreMadeOnAThreadOfTheListener() throws IOException {
        ask("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(threads).isNotEmpty().allMatch(name -> name.startsWith("adit-status"));
    }

    @ParameterizedTest
    @CsvSource({
        "/nope, 404",
        "/, 404",
        "/ready/, 404",
        "//ready, 404",
        "/READY, 404",
        "/%72eady, 404",
        "/x/../ready, 404",
        "/ready?x=/config, 503",
        "http://localhost/ready, 400",
        "*, 400"
    })
    void pathsAreTakenAsTheyStand(String target, int status) throws IOException {
        assertThat(ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n").status())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"})
    void nothingButGetAndHead(String method) throws IOException {
        Visitor.Response answer = ask(method + " /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo("GET, HEAD");
    }

    @Test
    void headHasNoBody() throws IOException {
        try (Visitor visitor = new Visitor(listener.address())) {
            visitor.send("HEAD /healthcheck HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Visitor.Response answer = visitor.read(true);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("content-length")).isEqualTo("3");
            assertThat(visitor.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ready HTTP/1.1\r\n\r\n",
                "GET /ready HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
                "GET /ready HTTP/3.0\r\nHost: localhost\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET /ready\r\nHost: localhost\r\n\r\n",
                "GET /ready HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n",
                "GET /ready HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"
            })
    void whatIsNotHttpIsRefused(String request) throws IOException {
        assertThat(ask(request).status()).isEqualTo(400);
    }

    @Test
    void http10NeedsNoHost() throws IOException {
        assertThat(ask("GET /healthcheck HTTP/1.0\r\n\r\n").text()).isEqualTo("OK\n");
        assertThat(ask("GET /healthcheck HTTP/1.0\r\nHost: evil.test\r\n\r\n").status())
                .isEqualTo(421);
    }

    @Test
    void aPageWhoseNameWasMadeToPointHereLearnsNothing() throws IOException {
        Visitor.Response answer = ask("GET /config HTTP/1.1\r\nHost: evil.test\r\n\r\n");
        assertThat(answer.status()).isEqualTo(421);
        assertThat(answer.text()).doesNotContain("ingress");
    }

    @Test
    void theNameItWasOpenedWithIsAnswered() throws IOException {
        listener.close();
        listener = open(InetSocketAddress.createUnresolved("localhost", 0), LONG);
        assertThat(ask("GET /healthcheck HTTP/1.1\r\nHost: LocalHost:1\r\n\r\n").status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 3", "Transfer-Encoding: chunked"})
    void aRequestHasNoBody(String header) throws IOException {
        assertThat(ask("GET /ready HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void longRequestsAreRefused() throws IOException {
        assertThat(ask("GET /" + "x".repeat(3000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .status())
                .isEqualTo(414);
        assertThat(ask("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9000) + "\r\n\r\n")
                        .status())
                .isEqualTo(431);
    }

    @Test
    void oneRequestAConnection() throws IOException {
        try (Visitor visitor = new Visitor(listener.address())) {
            visitor.send("GET /healthcheck HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100));
            assertThat(visitor.read().header("connection")).isEqualTo("close");
            assertThat(visitor.rest()).isEmpty();
        }
    }

    @Test
    void callersBeyondTheCapAreClosed() throws Exception {
        List<Visitor> idle = new ArrayList<>();
        try {
            for (int i = 0; i < StatusListener.MAX_CALLERS; i++) {
                idle.add(new Visitor(listener.address()));
            }
            try (Visitor oneMore = new Visitor(listener.address())) {
                assertThat(oneMore.rest()).isEmpty();
            }
        } finally {
            for (Visitor visitor : idle) {
                visitor.close();
            }
        }
        assertThat(answeredInTheEnd()).isTrue();
    }

    /** The listener learns a moment later that its callers have gone. */
    private boolean answeredInTheEnd() {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() < deadline) {
            try {
                return ask("GET /healthcheck HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .status()
                        == 200;
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /ready HTTP/1.1\r\nHost: local"})
    void whoNeverEndsARequestIsClosed(String begun) throws IOException {
        listener.close();
        listener = open(FREE, Duration.ofMillis(300));
        try (Visitor visitor = new Visitor(listener.address())) {
            visitor.send(begun);
            assertThat(visitor.rest()).isEmpty();
        }
    }

    @Test
    void aPortInUseIsNamed() {
        assertThatThrownBy(() -> open(listener.address(), LONG))
                .isInstanceOf(TunnelException.class)
                .hasMessageStartingWith("The status listener cannot listen on 127.0.0.1:"
                        + listener.address().getPort() + ": ")
                .hasMessageEndingWith("Choose another port, or 0 for a free one.");
    }

    @Test
    void aNameWithoutAnAddressIsNamed() {
        assertThatThrownBy(() -> open(InetSocketAddress.createUnresolved("no.such.invalid", 0), LONG))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no.such.invalid:0: the name has no address");
    }

    @Test
    void closingEndsCallersAndThread() throws Exception {
        try (Visitor visitor = new Visitor(listener.address())) {
            ask("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
            listener.close();
            assertThat(visitor.rest()).isEmpty();
        }
        assertThatThrownBy(() -> new Visitor(listener.address())).isInstanceOf(IOException.class);
        listener.close();
    }
}
