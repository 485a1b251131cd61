package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that ask for an Access token, from the visitor to the origin that must not be reached. */
class AccessRulesTest {

    private static final OriginOptions REQUIRED = OriginOptions.builder()
            .access(AccessPolicy.required("team", "a1b2c3"))
            .build();

    /** {@code alg} none, so that no key is asked for. */
    private static final String BAD = "eyJhbGciOiJub25lIiwia2lkIjoiayJ9.eyJpc3MiOiJ4In0.AAAA";

    private static final String WEBSOCKET = String.join(
            "\r\n",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "");

    private final AtomicInteger reached = new AtomicInteger();
    private final EventLog events = new EventLog();
    private TunnelEdge edge;
    private LocalOrigin origin;

    @BeforeEach
    void start() throws Exception {
        edge = TunnelEdge.local();
        origin = new LocalOrigin(exchange -> {
            reached.incrementAndGet();
            LocalOrigin.respond(exchange, "secret");
        });
    }

    @AfterEach
    void stop() {
        edge.close(Duration.ZERO);
        origin.close();
    }

    @Test
    void noKindOfOriginIsReachedWithoutAToken() throws Exception {
        for (Origin kind :
                List.of(Origin.http("127.0.0.1", origin.port()), Origin.status(200), Origin.handler(exchange -> {
                    reached.incrementAndGet();
                    exchange.respond(200);
                }))) {
            try (Tunnel tunnel = tunnel(IngressRule.otherwise(kind).with(REQUIRED))) {
                for (String headers : List.of(
                        "",
                        "Cf-Access-Jwt-Assertion: \r\n",
                        "Cf-Access-Jwt-Assertion: " + BAD + "\r\n",
                        "Cookie: CF_Authorization=" + BAD + "\r\n",
                        WEBSOCKET)) {
                    Visitor.Response response = get(tunnel, headers);
                    assertThat(response.status()).as(kind + " " + headers).isEqualTo(403);
                    assertThat(response.body()).isEmpty();
                }
            }
        }
        assertThat(reached).hasValue(0);
        assertThat(events.await(RequestCompleted.class, 15)).satisfies(last -> {
            assertThat(last.failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
            assertThat(last.status()).isEqualTo(403);
        });
    }

    @Test
    void otherRulesAndRulesThatDoNotAskAreUntouched() throws Exception {
        OriginOptions notRequired = OriginOptions.builder()
                .access(new AccessPolicy(false, "", List.of("a1b2c3"), ""))
                .build();
        try (Tunnel tunnel = tunnel(
                IngressRule.path("^/private").to(Origin.http("127.0.0.1", origin.port()), REQUIRED),
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())).with(notRequired))) {
            assertThat(get(tunnel, "").text()).isEqualTo("secret");
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/private/x")
                            .status())
                    .isEqualTo(403);
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/%70rivate")
                            .status())
                    .isEqualTo(403);
        }
        assertThat(reached).hasValue(1);
    }

    /** The origin may take each of these for {@code /private}, while the letters of the path do not say so. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/x/../private",
                "/x/%2e%2e/private",
                "/x/%2E./private",
                "/./private",
                "//private",
                "/x/..//private",
                "/x//../../private",
                "/\\private",
                "/x\\..\\private",
                "/%5cprivate",
                "/%2fprivate",
                "/x%2f..%2fprivate",
                "/x%2fy/../private",
                "/;a=b/private",
                "/x/..;/private",
                "/x/..;a=b/private",
                "/;private/../private",
                "/%2570rivate",
                "/../private",
                "/x/../private?/public"
            })
    void anotherSpellingOfThePathIsNoWayRoundTheCheck(String target) throws Exception {
        try (Tunnel tunnel = tunnel(
                IngressRule.path("^/private").to(Origin.http("127.0.0.1", origin.port()), REQUIRED),
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())))) {
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), target).status())
                    .isEqualTo(400);
            assertThat(reached).hasValue(0);
        }
    }

    /** Such spellings are legal, and where no other check depends on them they are passed on as they are. */
    @ParameterizedTest
    @ValueSource(strings = {"/x/../y", "/x;a=b/../y", "/x%2fy", "/x/%2e%2e/y", "/a..b/.c", "/x?q=/../private"})
    void spellingsThatLeadNowhereElseArePassedOn(String target) throws Exception {
        try (Tunnel tunnel = tunnel(
                IngressRule.path("^/private").to(Origin.http("127.0.0.1", origin.port()), REQUIRED),
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())))) {
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), target).text())
                    .isEqualTo("secret");
        }
    }

    @Test
    void spellingsDoNotMatterBetweenRulesWithTheSameCheck() throws Exception {
        try (Tunnel tunnel = tunnel(
                IngressRule.path("^/private").to(Origin.http("127.0.0.1", origin.port())),
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())))) {
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/x/../private")
                            .text())
                    .isEqualTo("secret");
        }
    }

    /** A token for one application is none for the other, whichever way round the path is read. */
    @Test
    void betweenTwoApplicationsSpellingsAreRefusedToo() throws Exception {
        OriginOptions other = OriginOptions.builder()
                .access(AccessPolicy.required("team", "d4e5f6"))
                .build();
        try (Tunnel tunnel = tunnel(
                IngressRule.path("^/private").to(Origin.http("127.0.0.1", origin.port()), REQUIRED),
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())).with(other))) {
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/x/../private")
                            .status())
                    .isEqualTo(400);
            assertThat(Visitor.get(edge.publicAddress(), host(tunnel), "/x").status())
                    .isEqualTo(403);
        }
    }

    @Test
    void aRuleWithoutTeamLetsNobodyIn() throws Exception {
        OriginOptions nobody = OriginOptions.builder()
                .access(new AccessPolicy(true, "", List.of(), ""))
                .build();
        try (Tunnel tunnel = tunnel(
                IngressRule.otherwise(Origin.http("127.0.0.1", origin.port())).with(nobody))) {
            assertThat(get(tunnel, "").status()).isEqualTo(403);
        }
        assertThat(reached).hasValue(0);
    }

    @Test
    void theCheckComesAndGoesWithTheRules() throws Exception {
        IngressRule open = IngressRule.otherwise(Origin.http("127.0.0.1", origin.port()));
        try (Tunnel tunnel = tunnel(open)) {
            assertThat(get(tunnel, "").status()).isEqualTo(200);
            tunnel.updateIngress(open.with(REQUIRED));
            assertThat(get(tunnel, "").status()).isEqualTo(403);
            tunnel.updateIngress(open);
            assertThat(get(tunnel, "").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.test/", "a.b", "a@b", "-a", "a_b", "a b", "a#", "a?", "a%2e", "..", "a\nb"})
    void aTeamIsOneLabel(String team) {
        assertThatThrownBy(() -> AccessPolicy.required(team, "a1b2c3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("access.teamName");
    }

    /** As in an application that does not bring the optional library. */
    @Test
    void withoutTheLibrarySuchARuleIsRefused() throws Exception {
        List<URL> others = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.contains("nimbus")) {
                others.add(new File(entry).toURI().toURL());
            }
        }
        try (URLClassLoader bare =
                new URLClassLoader(others.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(bare);
            try {
                bare.loadClass(WithoutLibrary.class.getName())
                        .getMethod("build")
                        .invoke(null);
                throw new AssertionError("It was built");
            } catch (InvocationTargetException e) {
                assertThat(e.getCause().getClass().getName()).isEqualTo(IngressException.class.getName());
                assertThat(e.getCause())
                        .hasMessageContaining("Ingress rule 0")
                        .hasMessageContaining("com.nimbusds:nimbus-jose-jwt");
            } finally {
                thread.setContextClassLoader(before);
            }
        }
    }

    /** What such an application does: rules that ask for nothing work, others are refused. */
    public static final class WithoutLibrary {
        private WithoutLibrary() {}

        public static void build() {
            TunnelClient.builder()
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .build();
            TunnelClient.builder()
                    .ingress(IngressRule.otherwise(Origin.status(204)).with(REQUIRED))
                    .build();
        }
    }

    private Tunnel tunnel(IngressRule... rules) {
        return TunnelClient.builder()
                .edge(edge)
                .listener(events)
                .ingress(rules)
                .build()
                .start();
    }

    private static String host(Tunnel tunnel) {
        return tunnel.url().orElseThrow().getAuthority();
    }

    private Visitor.Response get(Tunnel tunnel, String headers) throws Exception {
        try (Visitor visitor = new Visitor(edge.publicAddress())) {
            visitor.send("GET / HTTP/1.1\r\nHost: " + host(tunnel) + "\r\n" + headers + "\r\n");
            return visitor.read();
        }
    }
}
