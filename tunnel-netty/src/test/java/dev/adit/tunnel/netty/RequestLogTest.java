package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.CapturedLog;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.LocalOrigin;
import dev.adit.tunnel.netty.pair.Visitor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A request that fails is one line of the log. */
@Timeout(120)
class RequestLogTest {

    /** Told at debug: visitors can bring them about as often as they like. */
    private static final Set<OriginFailure> QUIET = EnumSet.of(OriginFailure.VISITOR_GONE, OriginFailure.ACCESS_DENIED);

    private static final String WEBSOCKET = String.join(
            "\r\n",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Cf-Access-Jump-Destination: 127.0.0.1:22",
            "");

    private static final OriginOptions HASTY = OriginOptions.builder()
            .tlsTimeout(Duration.ofMillis(300))
            .responseTimeout(Duration.ofMillis(300))
            .build();

    private final EventLog events = new EventLog();
    private final ExecutorService handlers = Executors.newCachedThreadPool();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private volatile boolean rejecting;
    private ServerSocket silent;
    private LocalOrigin origin;
    private TunnelEdge edge;
    private Tunnel tunnel;

    @BeforeEach
    void start() throws Exception {
        silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        origin = new LocalOrigin(exchange -> {
            if (exchange.getRequestURI().getPath().endsWith("RESPONSE_CUT_SHORT")) {
                exchange.sendResponseHeaders(200, 10);
                exchange.getResponseBody().write(new byte[3]);
                exchange.getResponseBody().flush();
            }
            exchange.close();
        });
        edge = TunnelEdge.local();
        tunnel = TunnelClient.builder()
                .edge(edge)
                .connections(1)
                .listener(events)
                .handlerExecutor(task -> {
                    if (rejecting) {
                        throw new RejectedExecutionException("full");
                    }
                    handlers.execute(task);
                })
                .ingress(rules())
                .build()
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        mayEnd.countDown();
        tunnel.close(Duration.ZERO);
        edge.close(Duration.ZERO);
        origin.close();
        silent.close();
        handlers.shutdownNow();
    }

    private IngressRule[] rules() throws IOException {
        List<IngressRule> rules = new ArrayList<>();
        Origin http = Origin.http("127.0.0.1", origin.port());
        rules.add(rule(OriginFailure.DESTINATION_REFUSED, Origin.bastion()));
        rules.add(rule(OriginFailure.CONNECT_FAILED, Origin.http("127.0.0.1", closedPort())));
        // A certificate that nobody vouches for.
        rules.add(IngressRule.path(path(OriginFailure.TLS_FAILED))
                .to(Origin.https("127.0.0.1", edge.connectorAddress().getPort())));
        rules.add(rule(OriginFailure.TLS_TIMED_OUT, Origin.https("127.0.0.1", silent.getLocalPort())));
        rules.add(rule(OriginFailure.RESPONSE_INVALID, http));
        rules.add(rule(OriginFailure.UPGRADE_NOT_SERVED, Origin.h2c("127.0.0.1", origin.port())));
        rules.add(rule(OriginFailure.RESPONSE_TIMED_OUT, Origin.http("127.0.0.1", silent.getLocalPort())));
        rules.add(rule(OriginFailure.RESPONSE_CUT_SHORT, http));
        rules.add(rule(OriginFailure.HANDLER_FAILED, Origin.handler(exchange -> {
            throw new IllegalStateException("on purpose");
        })));
        rules.add(rule(OriginFailure.HANDLER_REJECTED, Origin.handler(exchange -> exchange.respond(200))));
        rules.add(rule(OriginFailure.VISITOR_GONE, Origin.handler(exchange -> {
            asked.countDown();
            mayEnd.await(60, TimeUnit.SECONDS);
        })));
        rules.add(IngressRule.path(path(OriginFailure.ACCESS_DENIED))
                .to(http)
                .with(OriginOptions.builder()
                        .access(AccessPolicy.required("team", "aud"))
                        .build()));
        rules.add(IngressRule.otherwise(Origin.status(404)));
        return rules.toArray(IngressRule[]::new);
    }

    private static IngressRule rule(OriginFailure kind, Origin to) {
        return IngressRule.path(path(kind)).to(to).with(HASTY);
    }

    private static String path(OriginFailure kind) {
        return "^/" + kind + "$";
    }

    private static int closedPort() throws IOException {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return closed.getLocalPort();
        }
    }

    private void request(Visitor visitor, OriginFailure kind) throws IOException {
        boolean upgrade = kind == OriginFailure.DESTINATION_REFUSED || kind == OriginFailure.UPGRADE_NOT_SERVED;
        visitor.send("GET /" + kind + "?canary-query HTTP/1.1\r\nHost: "
                + tunnel.url().orElseThrow().getAuthority()
                + "\r\nAuthorization: canary-header\r\nCookie: canary-cookie\r\n"
                + (upgrade ? WEBSOCKET : "") + "\r\n");
    }

    /** What is left out needs more than a visitor and an origin; their own tests bring them about. */
    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {
                "NAME_NOT_RESOLVED",
                "CONNECT_TIMED_OUT",
                "REQUEST_INVALID",
                "REQUEST_TOO_LARGE",
                "REQUEST_TIMED_OUT",
                "OVERLOADED",
                "FLOW_LIMIT_REACHED",
                "ACCESS_KEYS_UNAVAILABLE"
            })
    void aFailedRequestIsOneLine(OriginFailure kind) throws Exception {
        rejecting = kind == OriginFailure.HANDLER_REJECTED;
        try (CapturedLog log = new CapturedLog(Level.DEBUG);
                Visitor visitor = new Visitor(edge.publicAddress())) {
            request(visitor, kind);
            if (kind == OriginFailure.VISITOR_GONE) {
                assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
                visitor.close();
            }
            RequestCompleted event = events.await(RequestCompleted.class, 1);
            assertThat(event.failure()).isEqualTo(kind);

            Pattern head = Pattern.compile("(DEBUG|WARN) conn=0 stream=\\d+ rule=" + event.ruleIndex() + " GET "
                    + Pattern.quote(tunnel.url().orElseThrow().getAuthority() + "/" + kind + "?...") + "( -> |: ).*");
            List<String> lines =
                    log.lines().stream().filter(line -> line.contains("rule=")).toList();
            assertThat(lines).hasSize(1).allMatch(line -> head.matcher(line).matches());
            if (kind != OriginFailure.VISITOR_GONE) {
                String answer = kind == OriginFailure.RESPONSE_CUT_SHORT ? "cut off" : Integer.toString(kind.status());
                assertThat(lines.get(0)).contains(" -> " + answer + " " + kind + ": ");
            }
            assertThat(log.warnings()).hasSize(QUIET.contains(kind) ? 0 : 1);
            assertThat(log.lines()).noneMatch(line -> line.contains("canary"));
        }
    }

    @Test
    void aRequestThatSucceedsIsNoLine() throws Exception {
        try (CapturedLog log = new CapturedLog(Level.INFO)) {
            Visitor.get(edge.publicAddress(), tunnel.url().orElseThrow().getAuthority(), "/fine");
            events.await(RequestCompleted.class, 1);
            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void failuresThatRepeatAreCounted() throws Exception {
        int requests = 100;
        Pattern counted =
                Pattern.compile("WARN conn=0 rule=1 CONNECT_FAILED: (\\d+) more requests failed like the 10 before.*");
        try (CapturedLog log = new CapturedLog(Level.INFO)) {
            try (Visitor visitor = new Visitor(edge.publicAddress())) {
                for (int i = 0; i < requests; i++) {
                    request(visitor, OriginFailure.CONNECT_FAILED);
                    assertThat(visitor.read().status()).isEqualTo(502);
                }
                request(visitor, OriginFailure.HANDLER_FAILED);
                assertThat(visitor.read().status()).isEqualTo(500);
            }
            tunnel.close(Duration.ZERO);
            int told = 0;
            int untold = 0;
            for (String line : log.warnings()) {
                Matcher sum = counted.matcher(line);
                if (sum.matches()) {
                    untold += Integer.parseInt(sum.group(1));
                } else if (line.contains(" -> 502 CONNECT_FAILED: ")) {
                    told++;
                }
            }
            assertThat(told + untold).isEqualTo(requests);
            assertThat(untold).isPositive();
            assertThat(log.warnings())
                    .filteredOn(line -> line.contains("HANDLER_FAILED"))
                    .hasSize(1);
        }
    }
}
