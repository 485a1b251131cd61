package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.adit.tunnel.EdgeProxy;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent.ConnectionRegistered;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.ForwardProxy;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The way to the edge through a proxy. */
class ProxyTest {

    private static final String EDGE = "edge.adit.invalid";
    private static final String SECRET = "canary-3f81";

    private final EventLog events = new EventLog();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final TunnelEdge edge = TunnelEdge.builder().start();
    private final TunnelCredentials credentials = edge.createTunnel("t");

    @BeforeEach
    void listen() {
        edge.route("app.test", credentials.tunnelId());
        log.start();
        logger().addAppender(log);
        logger().setLevel(Level.DEBUG);
    }

    @AfterEach
    void noSecretIsLogged() {
        edge.close();
        logger().detachAppender(log);
        logger().setLevel(null);
        assertThat(List.copyOf(log.list))
                .extracting(ILoggingEvent::getFormattedMessage)
                .noneMatch(line -> line.contains(SECRET));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5"})
    void theProxyResolvesTheEdgesNameAndCarriesEveryConnection(String kind) throws Exception {
        try (ForwardProxy proxy = kind.equals("http") ? ForwardProxy.http() : ForwardProxy.socks5()) {
            proxy.knows(EDGE + ":7844", edge.connectorAddress());
            try (Tunnel tunnel = client(EdgeProxy.parse(kind + "://127.0.0.1:" + proxy.port()))
                    .connections(2)
                    .build()
                    .start()) {
                events.awaitState(TunnelState.HEALTHY);
                assertThat(proxy.asked()).containsExactly(EDGE + ":7844", EDGE + ":7844");
                assertThat(tunnel.connections())
                        .extracting(c -> c.edgeAddress().getHostString())
                        .containsOnly(EDGE);
                assertThat(Visitor.get(edge.publicAddress(), "app.test", "/").status())
                        .isEqualTo(204);
                proxy.cut();
                events.await(ConnectionRegistered.class, 4);
                assertThat(proxy.asked()).hasSizeGreaterThanOrEqualTo(4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5"})
    void credentialsAreGivenToAProxyThatWantsThem(String kind) throws Exception {
        try (ForwardProxy proxy = kind.equals("http")
                ? ForwardProxy.http("me", SECRET + "@:")
                : ForwardProxy.socks5("me", SECRET + "@:")) {
            proxy.knows(EDGE + ":7844", edge.connectorAddress());
            EdgeProxy given = EdgeProxy.parse(kind + "://me:" + SECRET + "%40%3A@127.0.0.1:" + proxy.port());
            assertThat(given).hasToString(kind + "://127.0.0.1:" + proxy.port());
            try (Tunnel tunnel = client(given).connections(1).build().start()) {
                assertThat(tunnel.connections()).hasSize(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5"})
    void wrongCredentialsAreToldWithoutThem(String kind) throws Exception {
        try (ForwardProxy proxy = kind.equals("http") ? ForwardProxy.http("me", "x") : ForwardProxy.socks5("me", "x")) {
            proxy.knows(EDGE + ":7844", edge.connectorAddress());
            TunnelException failure = failure(
                    EdgeProxy.parse(kind + "://127.0.0.1:" + proxy.port()).withCredentials("me", SECRET));
            assertThat(failure)
                    .hasMessageContaining("The proxy " + kind + "://127.0.0.1:" + proxy.port())
                    .hasMessageContaining("Check its credentials");
            assertThat(text(failure)).doesNotContain(SECRET);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5"})
    void aProxyThatForbidsTheWayIsNamed(String kind) throws Exception {
        try (ForwardProxy proxy = kind.equals("http") ? ForwardProxy.http() : ForwardProxy.socks5()) {
            assertThat(failure(EdgeProxy.parse(kind + "://127.0.0.1:" + proxy.port())))
                    .hasMessageContaining("The proxy " + kind + "://127.0.0.1:" + proxy.port())
                    .hasMessageContaining(EDGE)
                    .hasMessageContaining("lets TCP to this port out");
        }
    }

    @Test
    void aProxyThatDoesNotRunIsNamed() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertThat(failure(EdgeProxy.http("localhost", port)))
                .hasMessageContaining("The proxy http://localhost:" + port + " cannot be connected to")
                .hasMessageContaining("HTTPS_PROXY");
    }

    @Test
    void anEdgeOfThisJvmIsReachedStraight() throws Exception {
        try (ForwardProxy proxy = ForwardProxy.http();
                Tunnel tunnel = client(EdgeProxy.http("127.0.0.1", proxy.port()))
                        .edge(edge)
                        .connections(1)
                        .build()
                        .start()) {
            assertThat(tunnel.connections()).hasSize(1);
            assertThat(proxy.asked()).isEmpty();
        }
    }

    private TunnelException failure(EdgeProxy proxy) {
        return catchThrowableOfType(
                TunnelException.class, () -> client(proxy).build().start());
    }

    private TunnelClient.Builder client(EdgeProxy proxy) {
        return TunnelClient.builder()
                .credentials(credentials)
                .edgeAddresses(InetSocketAddress.createUnresolved(EDGE, 7844))
                .edgeTrust(edge.trust())
                .proxy(proxy)
                .ingress(IngressRule.otherwise(Origin.status(204)))
                .listener(events);
    }

    private static String text(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("dev.adit");
    }
}
