package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent.ConfigurationApplied;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations that the edge pushes, to a connector that takes them. */
class RemoteConfigurationTest {

    private static final TunnelCredentials CREDENTIALS =
            TunnelCredentials.of("account", UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"), new byte[32]);

    /** As {@code {"lastAppliedVersion":3,"err":{}}}, where only null means well. */
    private static final Pattern ANSWER = Pattern.compile("\\{\"lastAppliedVersion\":(-?[0-9]+),\"err\":(.*)}");

    private static final String VALID = "{\"version\":%d,\"config\":{\"ingress\":[{\"service\":\"http_status:%d\"}]}}";

    /** One line of what the genuine connector was asked and said. */
    private record Recorded(String request, String status, String answer) {

        static List<Recorded> all() throws IOException {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    RemoteConfigurationTest.class.getResourceAsStream("/vectors/http/configuration-pushes.jsonl"),
                    StandardCharsets.UTF_8))) {
                return lines.lines()
                        .map(line -> new Recorded(
                                field(line, "requestBody"), field(line, ":status"), field(line, "responseBody")))
                        .toList();
            }
        }

        private static String field(String line, String name) {
            try (JsonParser json = new JsonFactory().createParser(line)) {
                while (json.nextToken() != null) {
                    if (json.currentToken() == JsonToken.FIELD_NAME
                            && json.currentName().equals(name)) {
                        json.nextToken();
                        return json.getText();
                    }
                }
                throw new AssertionError("No " + name + " in " + line);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void everyRecordedPushIsAnsweredAsTheGenuineConnectorDoes() throws Exception {
        List<Recorded> pushes = Recorded.all();
        assertThat(pushes).hasSize(11);
        connected((edge, tunnel) -> {
            for (Recorded push : pushes) {
                ScriptedEdge.Answer answer = push(edge, push.request());
                assertThat(answer.status()).as(push.request()).isEqualTo(push.status());
                assertThat(meaning(answer.body())).as(push.request()).isEqualTo(meaning(push.answer()));
                boolean failed = !push.status().equals("200");
                assertThat(answer.headers().contains(TunnelHeaders.RESPONSE_META))
                        .isEqualTo(failed);
                if (failed) {
                    assertThat(answer.headers().get(TunnelHeaders.RESPONSE_META).toString())
                            .isEqualTo(ResponseMeta.CONNECTOR.value().toString());
                } else {
                    assertThat(answer.headers().get("content-length"))
                            .hasToString(Integer.toString(answer.body().length()));
                    assertThat(answer.headers().get("content-type")).hasToString("text/plain; charset=utf-8");
                }
            }
        });
    }

    private static String meaning(String body) {
        Matcher answer = ANSWER.matcher(body);
        return answer.matches() ? answer.group(1) + (answer.group(2).equals("null") ? " good" : " bad") : body;
    }

    @Test
    void withoutRulesRequestsGet503UntilTheFirstPush() throws Exception {
        connected((edge, tunnel) -> {
            assertThat(status(edge)).isEqualTo("503");
            push(edge, VALID.formatted(0, 201));
            assertThat(status(edge)).isEqualTo("201");
            assertThat(tunnel.ingress().rules()).extracting(IngressRule::origin).containsExactly(Origin.status(201));
        });
    }

    @Test
    void theStatusListenerTellsTheVersionThatIsInForce() throws Exception {
        try (ScriptedEdge edge = new ScriptedEdge(ScriptedEdge.accepting());
                Tunnel tunnel = builder(edge).statusListener(0).build().start()) {
            ScriptedEdge.Connection connection = edge.next();
            assertThat(told(tunnel, "/config")).startsWith("{\"version\":-1,");
            push(connection, "{\"version\":4,\"config\":{\"ingress\":[]}}");
            assertThat(told(tunnel, "/config")).startsWith("{\"version\":4,").contains("\"http_status:503\"");
            assertThat(told(tunnel, "/metrics")).contains("\ncloudflared_orchestration_config_version 4\n");
            tunnel.close(Duration.ZERO);
        }
    }

    private static String told(Tunnel tunnel, String path) throws Exception {
        return Visitor.get(tunnel.statusAddress().orElseThrow(), "localhost", path)
                .text();
    }

    @Test
    void anEmptyListMeans503() throws Exception {
        connected((edge, tunnel) -> {
            push(edge, VALID.formatted(0, 201));
            push(edge, "{\"version\":1,\"config\":{\"ingress\":[]}}");
            assertThat(status(edge)).isEqualTo("503");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"ingress\":[{\"hostname\":\"a.test\",\"service\":\"http_status:202\"}]}"
                        + "|Ingress rule 0 (counted from 0): The last ingress rule must match all URLs",
                "{\"ingress\":[{\"service\":\"http_status:202\",\"originRequest\":{\"connectTimeout\":\"10s\"}}]}"
                        + "|strconv.ParseInt: parsing",
                "{\"ingress\":[{\"hostname\":\"a.test\",\"service\":\"http_status:202\"},{\"service\":\"localhost\"}]}"
                        + "|Ingress rule 1 (counted from 0): localhost is an invalid address",
                "{\"ingress\":[{\"service\":\"https://localhost:1\",\"originRequest\":{\"caPool\":\"/no/such.pem\"}}]}"
                        + "|caPool '/no/such.pem' cannot be read",
                "{\"ingress\":{}}|json: cannot unmarshal object into Go struct field ingress of type",
                "null|the push has no configuration"
            })
    void aBadOneIsRefusedWholeWithItsReason(String config, String reason) throws Exception {
        connected((edge, tunnel) -> {
            push(edge, VALID.formatted(3, 201));
            ScriptedEdge.Answer answer = push(edge, "{\"version\":4,\"config\":" + config + "}");
            assertThat(meaning(answer.body())).isEqualTo("3 bad");
            assertThat(answer.body().replace("\\\"", "\"")).contains(reason);
            assertThat(status(edge)).isEqualTo("201");
            assertThat(meaning(push(edge, VALID.formatted(4, 204)).body())).isEqualTo("4 good");
            assertThat(status(edge)).isEqualTo("204");
        });
    }

    @Test
    void aLongPushIsReadInPartsAndATooLongOneNotAtAll() throws Exception {
        connected((edge, tunnel) -> {
            String padding = " ".repeat(900_000);
            assertThat(meaning(push(edge, padding + VALID.formatted(0, 201)).body()))
                    .isEqualTo("0 good");
            ScriptedEdge.Answer tooLong = push(edge, padding + padding + VALID.formatted(1, 202));
            assertThat(tooLong.status()).isEqualTo("502");
            assertThat(status(edge)).isEqualTo("201");
        });
    }

    @Test
    void listenersAreToldOfWhatIsApplied() throws Exception {
        EventLog events = new EventLog();
        try (ScriptedEdge edge = new ScriptedEdge(ScriptedEdge.accepting());
                Tunnel tunnel = builder(edge).listener(events).build().start()) {
            ScriptedEdge.Connection connection = edge.next();
            push(connection, VALID.formatted(0, 201));
            push(connection, VALID.formatted(0, 202));
            push(connection, VALID.formatted(1, 203));
            assertThat(events.await(ConfigurationApplied.class, 2).ingress().rules())
                    .extracting(IngressRule::origin)
                    .containsExactly(Origin.status(203));
            tunnel.close(Duration.ZERO);
        }
    }

    /** The old rule's origin answers only when the new rules are in force. */
    @Test
    void runningRequestsKeepTheOldRules() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch replaced = new CountDownLatch(1);
        IngressRule slow = IngressRule.otherwise(Origin.handler(exchange -> {
            begun.countDown();
            replaced.await(20, TimeUnit.SECONDS);
            exchange.respond(207);
        }));
        try (ScriptedEdge edge = new ScriptedEdge(ScriptedEdge.accepting());
                Tunnel tunnel = builder(edge)
                        .ingress(slow)
                        .acceptRemoteConfiguration(true)
                        .build()
                        .start()) {
            ScriptedEdge.Connection connection = edge.next();
            CompletableFuture<String> running = CompletableFuture.supplyAsync(() -> status(connection));
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(meaning(push(connection, VALID.formatted(0, 201)).body()))
                    .isEqualTo("0 good");
            assertThat(status(connection)).isEqualTo("201");
            replaced.countDown();
            assertThat(running.get(20, TimeUnit.SECONDS)).isEqualTo("207");
            tunnel.close(Duration.ZERO);
        }
    }

    @Test
    void rulesThatReachAnOriginServeIt() throws Exception {
        try (LocalOrigin origin = LocalOrigin.saying("hello")) {
            connected((edge, tunnel) -> {
                push(
                        edge,
                        "{\"version\":0,\"config\":{\"ingress\":[{\"hostname\":\"APP.test\",\"path\":\"^/$\",\"service\":"
                                + "\"http://127.0.0.1:" + origin.port()
                                + "\"},{\"service\":\"http_status:404\"}]}}");
                assertThat(status(edge)).isEqualTo("200");
            });
        }
    }

    @Test
    void onlyAConnectorThatTakesThemAnnouncesIt() throws Exception {
        CompletableFuture<RegisterConnection> taking = new CompletableFuture<>();
        try (ScriptedEdge edge = new ScriptedEdge(seeing(taking));
                Tunnel tunnel = builder(edge).build().start()) {
            assertThat(taking.get(20, TimeUnit.SECONDS).options().features()).contains("allow_remote_config");
            tunnel.close(Duration.ZERO);
        }
        CompletableFuture<RegisterConnection> refusing = new CompletableFuture<>();
        try (ScriptedEdge edge = new ScriptedEdge(seeing(refusing));
                Tunnel tunnel = builder(edge)
                        .ingress(IngressRule.otherwise(Origin.status(204)))
                        .build()
                        .start()) {
            assertThat(refusing.get(20, TimeUnit.SECONDS).options().features()).doesNotContain("allow_remote_config");
            assertThat(meaning(push(edge.next(), VALID.formatted(7, 201)).body()))
                    .isEqualTo("-1 bad");
            tunnel.close(Duration.ZERO);
        }
    }

    @Test
    void aClientWithoutRulesThatTakesNoneIsRefused() {
        assertThatThrownBy(() -> TunnelClient.builder()
                        .credentials(CREDENTIALS)
                        .acceptRemoteConfiguration(false)
                        .build())
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no ingress rules");
    }

    /** The version outlives the connection on which it came. */
    @Test
    void aNewConnectionKnowsTheVersion() throws Exception {
        try (ScriptedEdge edge = new ScriptedEdge(ScriptedEdge.accepting());
                Tunnel tunnel = builder(edge).build().start()) {
            ScriptedEdge.Connection first = edge.next();
            push(first, VALID.formatted(5, 201));
            first.close();
            ScriptedEdge.Connection second = edge.next();
            assertThat(meaning(push(second, VALID.formatted(4, 202)).body())).isEqualTo("5 good");
            assertThat(status(second)).isEqualTo("201");
            tunnel.close(Duration.ZERO);
        }
    }

    private static RegistrationService seeing(CompletableFuture<RegisterConnection> request) {
        RegistrationService accepting = ScriptedEdge.accepting();
        return new RegistrationService() {
            @Override
            public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection registration) {
                request.complete(registration);
                return accepting.registerConnection(registration);
            }

            @Override
            public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
                return accepting.updateLocalConfiguration(configuration);
            }

            @Override
            public CompletionStage<Void> unregisterConnection() {
                return accepting.unregisterConnection();
            }
        };
    }

    @FunctionalInterface
    private interface Visit {
        void to(ScriptedEdge.Connection edge, Tunnel tunnel) throws Exception;
    }

    private static void connected(Visit visit) throws Exception {
        try (ScriptedEdge edge = new ScriptedEdge(ScriptedEdge.accepting());
                Tunnel tunnel = builder(edge).build().start()) {
            visit.to(edge.next(), tunnel);
            tunnel.close(Duration.ZERO);
        }
    }

    private static TunnelClient.Builder builder(ScriptedEdge edge) {
        return TunnelClient.builder()
                .credentials(CREDENTIALS)
                .edgeAddresses(edge.address())
                .edgeTrust(edge.trust())
                .connections(1);
    }

    private static ScriptedEdge.Answer push(ScriptedEdge.Connection edge, String body) throws Exception {
        Http2Headers head = ScriptedEdge.request("POST", "/");
        StreamKind.CONFIGURATION.mark(head);
        return edge.send(head, body);
    }

    private static String status(ScriptedEdge.Connection edge) {
        try {
            return edge.send(ScriptedEdge.request("GET", "/")).status();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
