package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Replays exchanges that were recorded with the genuine connector. Where we differ on purpose, the difference has a name
 * below; anything else is a failure. For all exchanges: header names are compared without case and order (genuine:
 * Train-Case, sorted).
 */
class ExchangeReplayTest {

    /** The genuine connector asks for gzip where the visitor did not, and unpacks it. */
    private static final String NO_ACCEPT_ENCODING_ADDED = "accept-encoding";
    /** The genuine connector tells its id to the origin. */
    private static final String NO_WARP_TAG = "cf-warp-tag-id";
    /** HTTP/1.1 keeps connections without being asked. */
    private static final String NO_KEEP_ALIVE_ASKED = "connection";

    /** An empty POST is sent with a length of zero; genuine: chunked. */
    private static final Set<String> EMPTY_POST_HAS_LENGTH_ZERO = Set.of("post-empty", "post-empty-length-0");
    /** The expectation is the origin's to answer; genuine: removed, and 100 sent unasked. */
    private static final Set<String> EXPECT_PASSES = Set.of("expect-continue");
    /** The path is not encoded anew. */
    private static final Set<String> PATH_UNTOUCHED = Set.of("path-reencoded");
    /** A packed body stays packed. */
    private static final Set<String> BODY_UNTOUCHED = Set.of("get-gzip-undone");
    /** 103 passes; genuine: swallowed. */
    private static final Set<String> EARLY_HINTS_PASS = Set.of("early-hints");
    /** The head goes out at once; genuine: held back with a short body, so that a cut hides it. */
    private static final Set<String> HEAD_NOT_HELD_BACK = Set.of("truncated-length");
    /** Stream services and exchanges without an HTTP origin are not this class's business. */
    private static final Set<String> NOT_HTTP = Set.of("tcp-stream", "tcp-stream-bad-destination");
    /** Tracing is not served; the answer is otherwise that of http_status. */
    private static final Set<String> STATUS_SERVICE = Set.of("http-status-service", "trace");

    static Stream<Exchange> proxied() throws IOException {
        return Exchange.all().stream().filter(e -> e.originReceived() != null);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("proxied")
    void exchange(Exchange exchange) throws Exception {
        boolean webSocket = exchange.edge("cf-cloudflared-proxy-connection-upgrade") != null;
        OriginOptions options = exchange.name().equals("host-rewrite")
                ? OriginOptions.builder().httpHostHeader("inner.example").build()
                : OriginOptions.defaults();
        boolean upgraded = exchange.originSent().startsWith("HTTP/1.1 101");
        try (ScriptedOrigin origin = new ScriptedOrigin(peer -> {
                    peer.note(peer.message());
                    peer.write(exchange.originSent());
                    if (upgraded) {
                        peer.write(peer.read(exchange.edgeBody().length()));
                    }
                });
                ProxyRig rig = new ProxyRig(Origin.http("127.0.0.1", origin.port()), options)) {
            ProxyRig.Call call = rig.start(new ProxiedRequest(
                    exchange.edge(":method"),
                    exchange.edge(":path"),
                    exchange.edge(":authority"),
                    ProxyRig.headers(exchange.edgeHeaders()),
                    webSocket,
                    exchange.endStream()));
            if (exchange.edgeTrailers() != null) {
                call.data(exchange.edgeBody(), false).trailers(exchange.edgeTrailers());
            } else if (!exchange.endStream()) {
                call.data(exchange.edgeBody(), !webSocket);
            }
            String received = origin.note();
            RecordingSink sink = call.end();
            compareRequest(exchange, received);
            compareResponse(exchange, sink, upgraded);
        }
    }

    private static void compareRequest(Exchange exchange, String received) {
        String genuine = exchange.originReceived();
        String line = PATH_UNTOUCHED.contains(exchange.name())
                ? "GET " + exchange.edge(":path") + " HTTP/1.1"
                : firstLine(genuine);
        assertThat(firstLine(received)).isEqualTo(line);
        List<String> expected = fields(genuine);
        if (exchange.edge("accept-encoding") == null) {
            expected.removeIf(field -> field.startsWith(NO_ACCEPT_ENCODING_ADDED + ":"));
        }
        expected.removeIf(field -> field.startsWith(NO_WARP_TAG + ":"));
        expected.removeIf(field -> field.equals(NO_KEEP_ALIVE_ASKED + ": keep-alive"));
        String body = bodyOf(genuine);
        if (EMPTY_POST_HAS_LENGTH_ZERO.contains(exchange.name())) {
            assertThat(expected.remove("transfer-encoding: chunked")).isTrue();
            expected.add("content-length: 0");
            body = "";
        }
        if (EXPECT_PASSES.contains(exchange.name())) {
            expected.add("expect: 100-continue");
        }
        assertThat(fields(received)).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(bodyOf(received)).isEqualToIgnoringCase(body); // trailers' names are in there
    }

    private static void compareResponse(Exchange exchange, RecordingSink sink, boolean upgraded) {
        if (HEAD_NOT_HELD_BACK.contains(exchange.name())) {
            assertThat(exchange.hasResponse()).isFalse();
            assertThat(sink.status()).isEqualTo(200);
            assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            return;
        }
        if (exchange.status() == 502) {
            assertThat(sink.failure().status()).isEqualTo(502);
            assertThat(sink.status()).isZero();
            return;
        }
        assertThat(sink.failure()).isEqualTo(exchange.wasReset() ? OriginFailure.RESPONSE_CUT_SHORT : null);
        assertThat(sink.status()).isEqualTo(upgraded ? 101 : exchange.status()); // the sink makes it 200
        List<Map.Entry<String, String>> expectedHeaders = exchange.userHeaders();
        String expectedBody = exchange.body();
        if (BODY_UNTOUCHED.contains(exchange.name())) {
            expectedHeaders.add(Map.entry("Content-Encoding", "gzip"));
            expectedHeaders.add(Map.entry("Content-Length", "31"));
            expectedBody = bodyOf(exchange.originSent());
        }
        assertThat(texts(sink.headers())).containsExactlyInAnyOrderElementsOf(texts(expectedHeaders));
        assertThat(sink.body()).isEqualTo(expectedBody);
        assertThat(sink.interim()).hasSize(EARLY_HINTS_PASS.contains(exchange.name()) ? 1 : 0);
        assertThat(sink.trailers()).hasSameSizeAs(exchange.trailers().keySet());
        for (Map.Entry<String, String> trailer : sink.trailers()) {
            assertThat(exchange.trailers().get(trailer.getKey().toLowerCase(Locale.ROOT)))
                    .isEqualTo(trailer.getValue());
        }
    }

    /** What the sink still takes out is left out on our side. */
    private static List<String> texts(List<Map.Entry<String, String>> headers) {
        List<String> texts = new ArrayList<>();
        for (Map.Entry<String, String> field : headers) {
            String name = field.getKey().toLowerCase(Locale.ROOT);
            if (!TunnelHeaders.isInternal(name) && !name.equals("transfer-encoding") && !name.equals("trailer")) {
                texts.add(name + ": " + field.getValue());
            }
        }
        return texts;
    }

    private static String firstLine(String message) {
        return message.substring(0, message.indexOf("\r\n"));
    }

    private static String bodyOf(String message) {
        return message.substring(message.indexOf("\r\n\r\n") + 4);
    }

    /** Names in lower case, and values that are names or keywords too. */
    private static List<String> fields(String message) {
        String head = message.substring(message.indexOf("\r\n") + 2, message.indexOf("\r\n\r\n"));
        List<String> fields = new ArrayList<>();
        for (String field : head.split("\r\n", -1)) {
            int colon = field.indexOf(':');
            String name = field.substring(0, colon).toLowerCase(Locale.ROOT);
            boolean keyword = Set.of("trailer", "connection", "upgrade").contains(name);
            String value = field.substring(colon + 2);
            fields.add(name + ": " + (keyword ? value.toLowerCase(Locale.ROOT) : value));
        }
        return fields;
    }

    @Test
    void exchangesWithoutAnHttpOrigin() throws Exception {
        for (Exchange exchange : Exchange.all()) {
            if (exchange.originReceived() != null || NOT_HTTP.contains(exchange.name())) {
                continue;
            }
            Origin origin = STATUS_SERVICE.contains(exchange.name()) ? Origin.status(418) : Origin.http("127.0.0.1", 1);
            try (ProxyRig rig = new ProxyRig(origin, OriginOptions.defaults())) {
                RecordingSink sink = rig.get("/").end();
                int status =
                        sink.failure() == null ? sink.status() : sink.failure().status();
                assertThat(status).as(exchange.name()).isEqualTo(exchange.status());
            }
        }
    }
}
