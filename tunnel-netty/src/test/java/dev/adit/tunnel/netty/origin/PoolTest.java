package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.PoolOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several origins behind one rule, some of them down. */
class PoolTest {

    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            .concat("Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    private static final PoolOptions LONG_REST =
            PoolOptions.builder().rest(Duration.ofHours(1), Duration.ofHours(1)).build();
    private static final PoolOptions SHORT_REST = PoolOptions.builder()
            .rest(Duration.ofMillis(20), Duration.ofMillis(100))
            .build();
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static ScriptedOrigin saying(String name) throws IOException {
        return ScriptedOrigin.always(ok(name));
    }

    private static Origin http(ScriptedOrigin origin) {
        return Origin.http("127.0.0.1", origin.port());
    }

    /** A port where nobody listens. */
    private static Origin nobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return Origin.http("127.0.0.1", socket.getLocalPort());
        }
    }

    private static ProxyRig rig(PoolOptions options, Origin... members) {
        return new ProxyRig(Origin.pool(options, members), OriginOptions.defaults());
    }

    @Test
    void requestsGoWhereTheFewestArePending() throws Exception {
        CountDownLatch mayAnswer = new CountDownLatch(1);
        ScriptedOrigin.Script waiting = peer -> {
            peer.note(peer.message());
            mayAnswer.await();
            peer.write(ok("ok"));
        };
        try (ScriptedOrigin a = new ScriptedOrigin(waiting);
                ScriptedOrigin b = new ScriptedOrigin(waiting);
                ProxyRig rig = rig(PoolOptions.defaults(), http(a), http(b))) {
            List<ProxyRig.Call> calls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                calls.add(rig.get("/" + i));
            }
            for (int i = 0; i < 3; i++) {
                a.note();
                b.note();
            }
            mayAnswer.countDown();
            for (ProxyRig.Call call : calls) {
                assertThat(call.end().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void anOpenWebSocketCountsAsPendingUntilItEnds() throws Exception {
        ScriptedOrigin.Script script = peer -> {
            String head = peer.message();
            if (head.startsWith("GET /ws ")) {
                peer.write(SWITCH);
                peer.note("ws");
                peer.untilEnd();
            } else {
                peer.note("http");
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            }
        };
        try (ScriptedOrigin a = new ScriptedOrigin(script);
                ScriptedOrigin b = new ScriptedOrigin(script);
                ProxyRig rig = rig(PoolOptions.defaults(), http(a), http(b))) {
            ProxyRig.Call socket = rig.webSocket("sec-websocket-key", KEY);
            socket.sink.awaitHead();
            assertThat(a.note()).isEqualTo("ws");
            for (int i = 0; i < 4; i++) {
                rig.get("/" + i).end();
                assertThat(b.note()).isEqualTo("http");
            }
            assertThat(a.connections()).isEqualTo(1);
            socket.cancel();
            rig.get("/a").end();
            rig.get("/b").end();
            assertThat(a.note()).as("both take turns again").isEqualTo("http");
        }
    }

    @Test
    void tcpStreamsAreSpreadLikewise() throws Exception {
        ScriptedOrigin.Script service = peer -> {
            peer.note("connected");
            peer.untilEnd();
        };
        try (ScriptedOrigin a = new ScriptedOrigin(service);
                ScriptedOrigin b = new ScriptedOrigin(service);
                ProxyRig rig = rig(
                        PoolOptions.defaults(), Origin.tcp("127.0.0.1", a.port()), Origin.tcp("127.0.0.1", b.port()))) {
            for (int i = 0; i < 4; i++) {
                rig.webSocket("sec-websocket-key", KEY).sink.awaitHead();
            }
            for (ScriptedOrigin each : List.of(a, a, b, b)) {
                assertThat(each.note()).isEqualTo("connected");
            }
        }
    }

    @Test
    void aRequestThatCannotConnectGoesToTheNextMember() throws Exception {
        try (ScriptedOrigin up = saying("up");
                ProxyRig rig = rig(LONG_REST, nobody(), nobody(), http(up))) {
            for (int i = 0; i < 6; i++) {
                assertThat(rig.get("/" + i).end().body()).isEqualTo("up");
                assertThat(up.note()).startsWith("GET /" + i + " ");
            }
        }
    }

    @Test
    void webSocketsGoToTheNextMemberToo() throws Exception {
        try (ScriptedOrigin up = new ScriptedOrigin(peer -> {
                    peer.head();
                    peer.write(SWITCH + "hello");
                });
                ProxyRig rig = rig(LONG_REST, nobody(), http(up))) {
            ProxyRig.Call call = rig.webSocket("sec-websocket-key", KEY);
            assertThat(call.end().status()).isEqualTo(101);
            assertThat(call.sink.body()).isEqualTo("hello");
        }
    }

    @Test
    void aPostDoesNot() throws Exception {
        try (ScriptedOrigin up = saying("up");
                ProxyRig rig = rig(LONG_REST, nobody(), http(up))) {
            RecordingSink first = rig.start("POST", "/1", true).end();
            assertThat(first.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(rig.start("POST", "/2", true).end().body())
                    .as("the member that is down is out")
                    .isEqualTo("up");
            assertThat(up.note()).startsWith("POST /2 ");
        }
    }

    @Test
    void aRequestWhoseBodyHasBegunDoesNot() throws Exception {
        CountDownLatch mayFail = new CountDownLatch(1);
        ExecutorService lookups = Executors.newSingleThreadExecutor();
        NameResolver resolver = new NameResolver(
                name -> {
                    try {
                        mayFail.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    throw new UnknownHostException(name);
                },
                System::nanoTime,
                lookups);
        try (ScriptedOrigin up = saying("up");
                ProxyRig rig = new ProxyRig(
                        Origin.pool(LONG_REST, Origin.http("slow.test", 80), http(up)),
                        OriginOptions.defaults(),
                        resolver)) {
            ProxyRig.Call begun = rig.start("PUT", "/begun", false).data("abc", false);
            mayFail.countDown();
            assertThat(begun.end().failure()).isEqualTo(OriginFailure.NAME_NOT_RESOLVED);
            assertThat(begun.sink.consumed()).isEqualTo(3);
            rig.get("/next").end();
            assertThat(up.note()).startsWith("GET /next ");
        } finally {
            lookups.shutdownNow();
        }
    }

    /** It may have done what was asked. */
    @Test
    void aRequestThatReachedItsMemberStaysThere() throws Exception {
        try (ScriptedOrigin broken = new ScriptedOrigin(peer -> peer.note(peer.head()));
                ScriptedOrigin up = saying("up");
                ProxyRig rig = rig(LONG_REST, http(broken), http(up))) {
            assertThat(rig.get("/1").end().failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
            assertThat(broken.note()).startsWith("GET /1 ");
            assertThat(up.connections()).isZero();
        }
    }

    @Test
    void aStatusThatCountsAsFailureTakesItsMemberOut() throws Exception {
        PoolOptions options = PoolOptions.builder()
                .failureStatuses(503)
                .rest(Duration.ofHours(1), Duration.ofHours(1))
                .build();
        try (ScriptedOrigin busy = ScriptedOrigin.always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
                ScriptedOrigin up = saying("up");
                ProxyRig rig = rig(options, http(busy), http(up))) {
            assertThat(rig.get("/0").end().status()).isEqualTo(503);
            for (int i = 1; i < 6; i++) {
                assertThat(rig.get("/" + i).end().status()).isEqualTo(200);
            }
        }
        try (ScriptedOrigin busy = ScriptedOrigin.always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
                ScriptedOrigin up = saying("up");
                ProxyRig rig = rig(LONG_REST, http(busy), http(up))) {
            assertThat(rig.get("/0").end().status()).isEqualTo(503);
            assertThat(rig.get("/1").end().status()).isEqualTo(200);
            assertThat(rig.get("/2").end().status()).as("not unless asked for").isEqualTo(503);
        }
    }

    @Test
    void ifAllAreOutEachIsTriedAndTheLastFailureTold() throws Exception {
        Origin last = nobody();
        try (ProxyRig rig = rig(LONG_REST, nobody(), last)) {
            for (int i = 0; i < 3; i++) {
                RecordingSink sink = rig.get("/" + i).end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
                assertThat(sink.message()).startsWith("Origin http://127.0.0.1:");
            }
        }
    }

    @TempDir
    Path directory;

    @Test
    void membersGoDownAndComeBackWhileRequestsAreServed() throws Exception {
        Path pathOfA = directory.resolve("a");
        Path pathOfB = directory.resolve("b");
        try (ScriptedOrigin a = saying("a");
                ScriptedOrigin b = saying("b");
                ProxyRig rig = rig(SHORT_REST, Origin.unix(pathOfA), Origin.unix(pathOfB))) {
            try (SocketFile fileOfB = new SocketFile(pathOfB, b.port())) {
                try (SocketFile fileOfA = new SocketFile(pathOfA, a.port())) {
                    assertThat(rig.get("/1").end().body()).isEqualTo("a");
                    assertThat(rig.get("/2").end().body()).isEqualTo("b");
                    assertThat(fileOfA.connections() + fileOfB.connections()).isEqualTo(2);
                }
                for (int i = 0; i < 20; i++) {
                    assertThat(rig.get("/down").end().body()).isEqualTo("b");
                }
                Files.delete(pathOfA);
                try (SocketFile fileOfA = new SocketFile(pathOfA, a.port())) {
                    awaitAnswers(rig, "a", 1);
                    assertThat(fileOfA.connections()).isPositive();
                }
            }
            assertThat(rig.get("/none").end().failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
        }
    }

    /** If every member is out, the least bad is tried, so that a service that is back is found at once. */
    @Test
    void aMemberThatIsBackIsFoundEvenDuringItsRest() throws Exception {
        Path path = directory.resolve("s");
        try (ScriptedOrigin origin = saying("back");
                ProxyRig rig = rig(LONG_REST, nobody(), Origin.unix(path))) {
            assertThat(rig.get("/1").end().failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            try (SocketFile file = new SocketFile(path, origin.port())) {
                assertThat(rig.get("/2").end().body()).isEqualTo("back");
                assertThat(rig.get("/3").end().body()).isEqualTo("back");
                assertThat(file.connections()).isEqualTo(1);
            }
        }
    }

    /** Waits until so many requests in a row are answered by one member. */
    private static void awaitAnswers(ProxyRig rig, String body, int inARow) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        int seen = 0;
        while (seen < inARow) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isNull();
            seen = sink.body().equals(body) ? seen + 1 : 0;
            assertThat(System.nanoTime() - deadline)
                    .as("waited in vain for " + body)
                    .isNegative();
        }
    }

    @Test
    void healthChecksTakeAMemberOutAndBringItBack() throws Exception {
        AtomicBoolean healthy = new AtomicBoolean(true);
        AtomicBoolean silent = new AtomicBoolean();
        AtomicInteger checks = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        PoolOptions options = PoolOptions.builder()
                .healthPath("/health?full=1")
                .interval(Duration.ofMillis(20))
                .timeout(Duration.ofMillis(500))
                .unhealthyAfter(2)
                .healthyAfter(2)
                .build();
        try (ScriptedOrigin a = new ScriptedOrigin(peer -> {
                    while (true) {
                        String head = peer.message();
                        if (head.startsWith("GET /health?full=1 ")) {
                            if (checks.getAndIncrement() == 0) {
                                peer.note(head);
                            }
                            if (silent.get()) {
                                never.await();
                            }
                            peer.write(healthy.get() ? ok("fine") : "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
                        } else {
                            peer.write(ok("a"));
                        }
                    }
                });
                ScriptedOrigin b = new ScriptedOrigin(peer -> {
                    while (true) {
                        peer.write(ok(peer.message().startsWith("GET /health") ? "fine" : "b"));
                    }
                });
                ProxyRig rig = rig(options, http(a), http(b))) {
            awaitAnswers(rig, "a", 1);
            assertThat(a.note())
                    .isEqualTo("GET /health?full=1 HTTP/1.1\r\nhost: 127.0.0.1:" + a.port()
                            + "\r\nuser-agent: adit-health-check\r\n\r\n");
            healthy.set(false);
            awaitAnswers(rig, "b", 8); // members that are both in take turns
            healthy.set(true);
            awaitAnswers(rig, "a", 1);
            silent.set(true);
            awaitAnswers(rig, "b", 8);
        } finally {
            never.countDown();
        }
    }

    @Test
    void checksEndWithTheRule() throws Exception {
        PoolOptions options = PoolOptions.builder()
                .healthPath("/health")
                .interval(Duration.ofMillis(10))
                .build();
        try (ScriptedOrigin origin = saying("fine");
                ProxyRig rig = rig(options, http(origin))) {
            rig.get("/").end();
            for (int i = 0; i < 4; i++) {
                origin.note(); // the request, and checks
            }
            rig.onLoop(() -> rig.proxy().close());
            while (origin.hasNote()) {
                origin.note();
            }
            try (ScriptedOrigin other = saying("other");
                    ProxyRig second = rig(options, http(other))) {
                second.get("/").end();
                for (int i = 0; i < 20; i++) {
                    other.note();
                }
            }
            int more = 0;
            while (origin.hasNote()) {
                origin.note();
                more++;
            }
            assertThat(more).as("one may have been under way").isLessThanOrEqualTo(1);
        }
    }
}
