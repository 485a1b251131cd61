package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent.ConnectionLost;
import dev.adit.tunnel.event.TunnelEvent.ReconnectScheduled;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import dev.adit.tunnel.netty.wire.rpc.RpcException;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our connector against an edge that does what it is told. */
class ConnectorTest {

    private static final TunnelCredentials CREDENTIALS =
            TunnelCredentials.of("account", UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"), new byte[32]);

    @Nested
    class Registering {

        @Test
        void tellsWhoItIsAndItsRules() throws Exception {
            Script script = new Script(accepted(false));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = start(
                            edge,
                            IngressRule.host("a.test")
                                    .path("^/x")
                                    .to(
                                            Origin.http("localhost", 3000),
                                            OriginOptions.builder()
                                                    .connectTimeout(Duration.ofSeconds(12))
                                                    .build()),
                            IngressRule.otherwise(Origin.status(404)))) {
                RegisterConnection request = script.request.get(10, TimeUnit.SECONDS);
                assertThat(request.tunnelId()).isEqualTo(CREDENTIALS.tunnelId());
                assertThat(request.auth().accountTag()).isEqualTo("account");
                assertThat(request.connIndex()).isZero();
                assertThat(request.options().features()).contains("serialized_headers");
                assertThat(request.options().features()).doesNotContain("allow_remote_config");
                assertThat(request.options().arch()).matches("[a-z0-9-]+_[a-z0-9]+");
                assertThat(script.configuration.get(10, TimeUnit.SECONDS))
                        .isEqualTo("{\"ingress\":[{\"hostname\":\"a.test\",\"path\":\"^/x\","
                                + "\"service\":\"http://localhost:3000\",\"originRequest\":{\"connectTimeout\":12}},"
                                + "{\"service\":\"http_status:404\",\"originRequest\":{}}],\"warp-routing\":{}}");
                assertThat(tunnel.connections()).singleElement().satisfies(c -> {
                    assertThat(c.location()).isEqualTo("tst01");
                    assertThat(c.index()).isZero();
                });
            }
        }

        @Test
        void saysTheVersionAndArchitectureItIsToldToSay() throws Exception {
            Script script = new Script(accepted(true));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge, IngressRule.otherwise(Origin.status(204)))
                            .declaredVersion("2026.8.2")
                            .declaredArchitecture("plan9_mips")
                            .build()
                            .start()) {
                RegisterConnection request = script.request.get(10, TimeUnit.SECONDS);
                assertThat(request.options().version()).isEqualTo("2026.8.2");
                assertThat(request.options().arch()).isEqualTo("plan9_mips");
                assertThat(tunnel.connections()).hasSize(1);
            }
        }

        @Test
        void aRegionThatIsNotTheTunnelsIsRefused() {
            String token = Base64.getEncoder()
                    .encodeToString(("{\"a\":\"account\",\"t\":\"" + CREDENTIALS.tunnelId() + "\",\"s\":\""
                                    + Base64.getEncoder().encodeToString(CREDENTIALS.secret()) + "\",\"e\":\"us\"}")
                            .getBytes(StandardCharsets.UTF_8));
            TunnelCredentials bound = TunnelCredentials.fromToken(token);
            assertThat(bound.region()).contains("us");
            assertThat(bound.toToken().endpoint()).contains("us");
            assertThatThrownBy(() -> TunnelClient.builder()
                            .credentials(bound)
                            .region("fed")
                            .ingress(IngressRule.otherwise(Origin.status(204)))
                            .build())
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("'us'")
                    .hasMessageContaining("'fed'");
        }

        @Test
        void keepsItsRulesToItselfWhereTheEdgeManagesThem() throws Exception {
            Script script = new Script(accepted(true));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = start(edge, IngressRule.otherwise(Origin.status(204)))) {
                assertThat(edge.next().send(ScriptedEdge.request("GET", "/")).status())
                        .isEqualTo("204");
                assertThat(script.configuration).isNotDone();
                assertThat(tunnel.id()).isEqualTo(CREDENTIALS.tunnelId());
            }
        }

        @Test
        void aRefusalFailsTheStartAndClosesTheConnection() throws Exception {
            Script script =
                    new Script(new ConnectionError("Unauthorized: Invalid tunnel secret", Duration.ZERO, false));
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                assertThatThrownBy(() -> start(edge, IngressRule.otherwise(Origin.status(204))))
                        .isInstanceOfSatisfying(
                                RegistrationException.class,
                                e -> assertThat(e.isRetryable()).isFalse())
                        .hasMessageContaining("Registration refused for tunnel " + CREDENTIALS.tunnelId())
                        .hasMessageContaining("Unauthorized: Invalid tunnel secret");
                edge.next().awaitClosed();
            }
        }

        @Test
        void aRefusalForAWhileSaysForHowLong() throws Exception {
            Script script = new Script(new ConnectionError("overloaded\r\nforged", Duration.ofSeconds(17), true));
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                assertThatThrownBy(() -> start(edge, IngressRule.otherwise(Origin.status(204))))
                        .isInstanceOfSatisfying(RegistrationException.class, e -> {
                            assertThat(e.isRetryable()).isTrue();
                            assertThat(e.retryAfter()).contains(Duration.ofSeconds(17));
                        })
                        .hasMessageNotContaining("\n");
            }
        }

        @Test
        void anExceptionAtTheEdgeIsToldAsSuch() throws Exception {
            Script script = new Script(new RpcException(RpcException.Type.FAILED, "database is down"));
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                assertThatThrownBy(() -> start(edge, IngressRule.otherwise(Origin.status(204))))
                        .isInstanceOf(RegistrationException.class)
                        .hasMessageContaining("database is down");
            }
        }

        @Test
        void anEdgeThatNeverAnswersIsGivenUp() throws Exception {
            Script script = new Script(new CompletableFuture<>());
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                assertThatThrownBy(() -> builder(edge, IngressRule.otherwise(Origin.status(204)))
                                .registrationTimeout(Duration.ofMillis(200))
                                .build()
                                .start())
                        .isInstanceOf(TunnelException.class)
                        .hasMessageContaining("not answered within 200 ms");
                edge.next().awaitClosed();
            }
        }

        @Test
        void anEdgeThatOpensNoControlStreamIsGivenUp() throws Exception {
            try (ScriptedEdge edge = new ScriptedEdge(null)) {
                assertThatThrownBy(() -> builder(edge, IngressRule.otherwise(Origin.status(204)))
                                .connectTimeout(Duration.ofSeconds(1))
                                .build()
                                .start())
                        .isInstanceOf(TunnelException.class)
                        .hasMessageContaining("no control stream");
            }
        }

        @Test
        void aLostControlStreamIsALostConnection() throws Exception {
            EventLog events = new EventLog();
            Script script = new Script(accepted(true));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge, IngressRule.otherwise(Origin.status(204)))
                            .listener(events)
                            .build()
                            .start()) {
                ScriptedEdge.Connection first = edge.next();
                first.resetControl();
                assertThat(events.await(ConnectionLost.class, 1).reason()).contains("control stream");
                assertThat(events.await(ReconnectScheduled.class, 1).delay()).isLessThan(Duration.ofMillis(251));
                first.awaitClosed();
                assertThat(edge.next().send(ScriptedEdge.request("GET", "/")).status())
                        .isEqualTo("204");
                assertThat(tunnel.id()).isEqualTo(CREDENTIALS.tunnelId());
            }
        }
    }

    @Nested
    class Serving {

        @ParameterizedTest
        @CsvSource({"GET, nopath", "GET, '/a b'", "GET, *", "CONNECT, /", "'G T', /", "GET, '/\u0001'"})
        void requestsThatCannotBeHttp1AreRefused(String method, String path) throws Exception {
            serving(edge -> {
                ScriptedEdge.Answer answer = edge.send(ScriptedEdge.request(method, path));
                assertThat(answer.status().equals("400") || answer.reset() >= 0).isTrue();
                assertThat(edge.send(ScriptedEdge.request("GET", "/")).status()).isEqualTo("204");
            });
        }

        @ParameterizedTest
        @ValueSource(strings = {"a b", "a/b", "a@b", "a,b", "a\\b", "a?b"})
        void authoritiesThatAreNoneAreRefused(String authority) throws Exception {
            serving(edge -> {
                Http2Headers head = ScriptedEdge.request("GET", "/").authority(authority);
                ScriptedEdge.Answer answer = edge.send(head);
                assertThat(answer.status().equals("400") || answer.reset() >= 0).isTrue();
            });
        }

        @Test
        void optionsForTheServerPass() throws Exception {
            serving(edge -> assertThat(
                            edge.send(ScriptedEdge.request("OPTIONS", "*")).status())
                    .isEqualTo("204"));
        }

        @Test
        void aStatusHasAnEmptySerialisedSet() throws Exception {
            serving(edge -> {
                Http2Headers headers =
                        edge.send(ScriptedEdge.request("GET", "/")).headers();
                assertThat(headers.get(TunnelHeaders.RESPONSE_META).toString())
                        .isEqualTo(ResponseMeta.ORIGIN.value().toString());
                assertThat(headers.get(TunnelHeaders.RESPONSE_HEADERS).toString())
                        .isEmpty();
                assertThat(headers.contains("content-length")).isFalse();
            });
        }

        @Test
        void privateTcpStreamsAreOff() throws Exception {
            serving(edge -> {
                Http2Headers head = ScriptedEdge.request("GET", "/").authority("127.0.0.1:22");
                head.set(TunnelHeaders.PROXY_SRC, "203.0.113.9:1");
                ScriptedEdge.Answer answer = edge.send(head);
                assertThat(answer.status()).isEqualTo("502");
                assertThat(answer.headers().get(TunnelHeaders.RESPONSE_META).toString())
                        .isEqualTo(ResponseMeta.CONNECTOR.value().toString());
            });
        }

        @Test
        void aSecondControlStreamIsRefused() throws Exception {
            serving(edge -> {
                Http2Headers head = ScriptedEdge.request("GET", "/");
                StreamKind.CONTROL.mark(head);
                assertThat(edge.send(head).status()).isEqualTo("400");
            });
        }

        @Test
        void pushedConfigurationsAreAnsweredAsNotApplied() throws Exception {
            List<String> bodies = recordedPushes();
            assertThat(bodies).isNotEmpty();
            serving(edge -> {
                for (String body : bodies) {
                    Http2Headers head = ScriptedEdge.request("POST", "/");
                    StreamKind.CONFIGURATION.mark(head);
                    ScriptedEdge.Answer answer = edge.send(head, body);
                    assertThat(answer.status()).isEqualTo("200");
                    assertThat(answer.body()).startsWith("{\"lastAppliedVersion\":-1,\"err\":{");
                }
                assertThat(edge.send(ScriptedEdge.request("GET", "/")).status()).isEqualTo("204");
            });
        }

        private void serving(Visit visit) throws Exception {
            try (ScriptedEdge edge = new ScriptedEdge(new Script(accepted(true)));
                    Tunnel tunnel = start(edge, IngressRule.otherwise(Origin.status(204)))) {
                visit.to(edge.next());
                assertThat(tunnel.connections()).hasSize(1);
                tunnel.close(Duration.ZERO);
            }
        }

        private static List<String> recordedPushes() throws Exception {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    ConnectorTest.class.getResourceAsStream("/vectors/http/configuration-pushes.jsonl"),
                    StandardCharsets.UTF_8))) {
                return lines.lines().map(Serving::requestBody).toList();
            }
        }

        private static String requestBody(String line) {
            try (JsonParser json = new JsonFactory().createParser(line)) {
                while (json.nextToken() != null) {
                    if (json.currentToken() == JsonToken.FIELD_NAME
                            && json.currentName().equals("requestBody")) {
                        json.nextToken();
                        return json.getValueAsString("");
                    }
                }
                throw new AssertionError("No request body in " + line);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @FunctionalInterface
    private interface Visit {
        void to(ScriptedEdge.Connection edge) throws Exception;
    }

    /** What the edge answers, and what it was told. */
    private static final class Script implements RegistrationService {

        private final CompletableFuture<ConnectionResponse> answer;
        private final CompletableFuture<RegisterConnection> request = new CompletableFuture<>();
        private final CompletableFuture<String> configuration = new CompletableFuture<>();

        Script(ConnectionResponse answer) {
            this(CompletableFuture.completedFuture(answer));
        }

        Script(RpcException failure) {
            this(CompletableFuture.failedFuture(failure));
        }

        Script(CompletableFuture<ConnectionResponse> answer) {
            this.answer = answer;
        }

        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection asked) {
            request.complete(asked);
            return answer;
        }

        @Override
        public CompletionStage<@Nullable Void> updateLocalConfiguration(byte[] told) {
            configuration.complete(new String(told, StandardCharsets.UTF_8));
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<@Nullable Void> unregisterConnection() {
            return CompletableFuture.completedFuture(null);
        }
    }

    private static ConnectionDetails accepted(boolean remotelyManaged) {
        return new ConnectionDetails(UUID.randomUUID(), "tst01", remotelyManaged);
    }

    private static Tunnel start(ScriptedEdge edge, IngressRule... rules) {
        return builder(edge, rules).build().start();
    }

    private static TunnelClient.Builder builder(ScriptedEdge edge, IngressRule... rules) {
        return TunnelClient.builder()
                .credentials(CREDENTIALS)
                .edgeAddresses(edge.address())
                .edgeTrust(edge.trust())
                .connections(1)
                .gracePeriod(Duration.ofSeconds(5))
                .ingress(rules);
    }
}
