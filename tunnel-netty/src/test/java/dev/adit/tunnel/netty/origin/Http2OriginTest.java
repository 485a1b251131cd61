package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Requests to an origin that speaks HTTP/2 in the clear. */
class Http2OriginTest {

    private static ProxyRig rig(ScriptedHttp2Origin origin) {
        return rig(origin, o -> o);
    }

    private static ProxyRig rig(ScriptedHttp2Origin origin, UnaryOperator<OriginOptions.Builder> options) {
        return new ProxyRig(
                Origin.h2c("127.0.0.1", origin.port()),
                options.apply(OriginOptions.builder()).build());
    }

    private static List<String> lines(Http2Headers headers) {
        List<String> lines = new ArrayList<>();
        headers.forEach(field -> lines.add(field.getKey() + ": " + field.getValue()));
        return lines;
    }

    @Nested
    class Translation {

        @Test
        void theRequestKeepsWhatIsTheVisitorsAndLosesWhatIsTheHops() throws Exception {
            AtomicReference<List<String>> seen = new AtomicReference<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        seen.set(lines(frame.headers));
                        frame.ok("");
                    });
                    ProxyRig rig = rig(origin)) {
                rig.start(
                                "GET",
                                "/a%2Fb?c=\u00e9",
                                true,
                                ":authority",
                                "app.test",
                                "te",
                                "trailers",
                                "connection",
                                "x",
                                "keep-alive",
                                "5",
                                "upgrade",
                                "h2c",
                                "cf-cloudflared-proxy-src",
                                "1",
                                "cf-warp-tag-id",
                                "1",
                                "cookie",
                                "a=1",
                                "x-custom",
                                "\u00e9",
                                "cookie",
                                "b=2")
                        .end();
                assertThat(seen.get())
                        .containsExactlyInAnyOrder(
                                ":method: GET",
                                ":scheme: http",
                                ":path: /a%2Fb?c=\u00e9",
                                ":authority: app.test",
                                "te: trailers",
                                "x-custom: \u00e9",
                                "cookie: a=1; b=2");
            }
        }

        @Test
        void httpHostHeaderReplacesTheAuthority() throws Exception {
            AtomicReference<List<String>> seen = new AtomicReference<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        seen.set(lines(frame.headers));
                        frame.ok("");
                    });
                    ProxyRig rig = rig(origin, o -> o.httpHostHeader("inner.test"))) {
                rig.get("/", "x-forwarded-host", "forged.test").end();
                assertThat(seen.get()).contains(":authority: inner.test", "x-forwarded-host: app.test");
                assertThat(seen.get()).noneMatch(line -> line.contains("forged"));
            }
        }

        @Test
        void bodiesAndTrailersGoBothWays() throws Exception {
            StringBuilder seen = new StringBuilder();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        seen.append(frame.text);
                        if (frame.kind.equals("HEADERS") && !frame.isRequest()) {
                            seen.append(lines(frame.headers));
                        }
                        if (frame.end) {
                            frame.head(false, ":status", "200", "x-a", "1", "set-cookie", "a", "set-cookie", "b");
                            frame.data("answer", false);
                            frame.head(true, "grpc-status", "0");
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.start("POST", "/", false)
                        .data("one", false)
                        .data("two", false)
                        .trailers("x-sum", "6", "content-length", "7")
                        .end();
                assertThat(seen).hasToString("onetwo[x-sum: 6]");
                assertThat(sink.body()).isEqualTo("answer");
                assertThat(sink.headers())
                        .containsExactly(
                                Map.entry("x-a", "1"), Map.entry("set-cookie", "a"), Map.entry("set-cookie", "b"));
                assertThat(sink.trailers()).containsExactly(Map.entry("grpc-status", "0"));
                assertThat(sink.consumed()).isEqualTo(6);
            }
        }

        @Test
        void interimResponsesGoFirst() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.isRequest()) {
                            assertThat(frame.headers.get("expect")).hasToString("100-continue");
                            frame.head(false, ":status", "100");
                            frame.head(false, ":status", "103", "link", "</a.css>");
                        } else {
                            frame.ok(frame.text);
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call call = rig.start("POST", "/", false, "expect", "100-continue");
                call.sink.await("103", () -> call.sink.interim().size() == 2);
                RecordingSink sink = call.data("late", true).end();
                assertThat(sink.interim()).containsExactly("100 []", "103 [link=</a.css>]");
                assertThat(sink.body()).isEqualTo("late");
            }
        }

        @Test
        void anAnswerOfTrailersAloneEndsWithItsHead() throws Exception {
            try (ScriptedHttp2Origin origin =
                            new ScriptedHttp2Origin(frame -> frame.head(true, ":status", "200", "grpc-status", "12"));
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.header("grpc-status")).isEqualTo("12");
                assertThat(sink.trailers()).isEmpty();
                assertThat(sink.isEnded()).isTrue();
            }
        }

        @Test
        void headKeepsTheLengthAndHasNoBody() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        frame.head(frame.path().equals("/end"), ":status", "200", "content-length", "10");
                        if (frame.path().equals("/wrong")) {
                            frame.data("0123456789", true);
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.start("HEAD", "/end", true).end();
                assertThat(sink.header("content-length")).isEqualTo("10");
                assertThat(sink.failure()).isNull();
                sink = rig.start("HEAD", "/wrong", true).end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
                assertThat(sink.body()).isEmpty();
            }
        }

        @Test
        void aBodyThatIsNotAsLongAsAnnouncedNeverLooksComplete() throws Exception {
            List<String> seen = new CopyOnWriteArrayList<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/good")) {
                            frame.ok("");
                        } else {
                            seen.add(frame.kind + frame.end);
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                rig.get("/good").end();
                RecordingSink sink = rig.start("POST", "/", false, "content-length", "5")
                        .data("four", true)
                        .end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.REQUEST_INVALID);
                assertThat(origin.note()).isEqualTo("reset 3 8");
                assertThat(seen).containsExactly("HEADERSfalse");
            }
        }

        @Test
        void webSocketsAreRefusedWithTheReason() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {});
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.webSocket("sec-websocket-key", "a").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.UPGRADE_NOT_SERVED);
                assertThat(sink.failure().status()).isEqualTo(501);
                assertThat(sink.message())
                        .contains("h2c://127.0.0.1:" + origin.port())
                        .contains("Origin.http");
            }
        }
    }

    @Nested
    class Connections {

        @Test
        void manyRequestsShareOne() throws Exception {
            List<ScriptedHttp2Origin.Frame> held = new ArrayList<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        held.add(frame);
                        if (held.size() == 20) {
                            held.forEach(one -> one.ok(one.path()));
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                List<ProxyRig.Call> calls = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    calls.add(rig.get("/" + i));
                }
                for (int i = 0; i < 20; i++) {
                    assertThat(calls.get(i).end().body()).isEqualTo("/" + i);
                }
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void anotherIsOpenedWhereTheFirstIsFull() throws Exception {
            List<ScriptedHttp2Origin.Frame> held = new ArrayList<>();
            Http2Settings two = new Http2Settings().maxConcurrentStreams(2);
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(two, null, frame -> {
                        held.add(frame);
                        if (held.size() == 5) {
                            held.forEach(one -> one.ok("" + one.connection()));
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                List<ProxyRig.Call> calls = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    calls.add(rig.get("/" + i));
                }
                List<String> bodies = new ArrayList<>();
                for (ProxyRig.Call call : calls) {
                    bodies.add(call.end().body());
                }
                assertThat(bodies).containsExactly("1", "1", "2", "2", "3");
            }
        }

        @Test
        void anOriginThatAllowsNoStreamsIsNotDialledForEver() throws Exception {
            Http2Settings none = new Http2Settings().maxConcurrentStreams(0);
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(none, null, frame -> {});
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(sink.message()).contains("MAX_CONCURRENT_STREAMS");
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void goAwayLetsRunningOnesFinishAndSendsNewOnesElsewhere() throws Exception {
            AtomicReference<ScriptedHttp2Origin.Frame> first = new AtomicReference<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.connection() == 1) {
                            first.set(frame);
                            frame.head(false, ":status", "200");
                            frame.goAway(frame.stream);
                        } else {
                            frame.ok("second");
                            first.get().data("first", true);
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call running = rig.get("/");
                running.sink.awaitHead();
                rig.get("/settled"); // may still meet the old connection; whatever comes of it is answered elsewhere
                assertThat(running.end().body()).isEqualTo("first");
                assertThat(running.sink.failure()).isNull();
                assertThat(origin.note()).isEqualTo("closed 1");
            }
        }

        @Test
        void whatGoAwayLeavesOutIsSentAgainWithItsBody() throws Exception {
            StringBuilder seen = new StringBuilder();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.connection() == 1) {
                            if (frame.end) {
                                frame.goAway(0);
                            }
                        } else {
                            seen.append(frame.text);
                            if (frame.end) {
                                frame.ok("done");
                            }
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.start("POST", "/", false)
                        .data("one", false)
                        .data("two", true)
                        .end();
                assertThat(sink.body()).isEqualTo("done");
                assertThat(seen).hasToString("onetwo");
                assertThat(sink.consumed()).isEqualTo(6);
                assertThat(origin.connections()).isEqualTo(2);
            }
        }

        @Test
        void aRefusedStreamIsSentAgainOnceOnAnotherConnection() throws Exception {
            List<Integer> connections = new ArrayList<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        connections.add(frame.connection());
                        if (frame.connection() == 1 || frame.path().equals("/always")) {
                            frame.reset(Http2Error.REFUSED_STREAM);
                        } else {
                            frame.ok("taken");
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                assertThat(rig.get("/once").end().body()).isEqualTo("taken");
                assertThat(connections).containsExactly(1, 2);
                connections.clear();
                RecordingSink sink = rig.get("/always").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(sink.message()).contains("REFUSED_STREAM");
                assertThat(connections).hasSize(2);
            }
        }

        @Test
        void aLongBodyIsNotSentAgain() throws Exception {
            try (ScriptedHttp2Origin origin =
                            new ScriptedHttp2Origin(new Http2Settings().initialWindowSize(1 << 20), null, frame -> {
                                if (frame.end) {
                                    frame.reset(Http2Error.REFUSED_STREAM);
                                }
                            });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.start("POST", "/", false)
                        .data("x".repeat(60_000), false)
                        .data("x".repeat(10_000), true)
                        .end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void anIdempotentRequestSurvivesAConnectionThatWentStale() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.connection() == 1 && !frame.path().equals("/first")) {
                            frame.close();
                        } else {
                            frame.ok("" + frame.connection());
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                assertThat(rig.get("/first").end().body()).isEqualTo("1");
                assertThat(rig.get("/second").end().body()).isEqualTo("2");
                assertThat(origin.note()).isEqualTo("closed 1");
            }
        }

        @Test
        void aPostIsNotSentAgainWhenItsConnectionBreaks() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/first")) {
                            frame.ok("");
                        } else {
                            frame.close();
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                rig.get("/first").end();
                RecordingSink sink = rig.start("POST", "/second", true).end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(sink.message()).contains("the connection broke");
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void anIdleOneIsClosedAfterItsTime() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> frame.ok(""));
                    ProxyRig rig = rig(origin, o -> o.keepAliveTimeout(Duration.ofMillis(50)))) {
                rig.get("/").end();
                assertThat(origin.note()).isEqualTo("closed 1");
                assertThat(rig.get("/").end().status()).isEqualTo(200);
                assertThat(origin.connections()).isEqualTo(2);
            }
        }

        @Test
        void noneIsKeptWhereNoneMayBe() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> frame.ok(""));
                    ProxyRig rig = rig(origin, o -> o.keepAliveConnections(0))) {
                rig.get("/").end();
                assertThat(origin.note()).isEqualTo("closed 1");
            }
        }

        @Test
        void closingTheProxyClosesIdleOnesAndLetsTheOthersFinish() throws Exception {
            AtomicReference<ScriptedHttp2Origin.Frame> running = new AtomicReference<>();
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        running.set(frame);
                        frame.head(false, ":status", "200");
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call call = rig.get("/");
                call.sink.awaitHead();
                rig.proxy().close();
                rig.onLoop(() -> {});
                running.get().connectionLoop(() -> running.get().data("end", true));
                assertThat(call.end().body()).isEqualTo("end");
                assertThat(origin.note()).isEqualTo("closed 1");
            }
        }
    }

    @Nested
    class Failing {

        @Test
        void aResetIsACut() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/good")) {
                            frame.ok("good");
                            return;
                        }
                        frame.head(false, ":status", "200");
                        frame.data("half", false);
                        frame.reset(Http2Error.INTERNAL_ERROR);
                    });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
                assertThat(sink.message()).contains("INTERNAL_ERROR");
                assertThat(rig.get("/good").end().body()).isEqualTo("good");
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void aConnectionThatBreaksIsACutForEachOfItsRequests() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        frame.head(false, ":status", "200");
                        if (frame.path().equals("/2")) {
                            frame.close();
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call first = rig.get("/1");
                first.sink.awaitHead();
                ProxyRig.Call second = rig.get("/2");
                assertThat(first.end().failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
                assertThat(second.end().failure()).isNotNull();
            }
        }

        @Test
        void aBodyShorterThanItsLengthIsACut() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        frame.head(false, ":status", "200", "content-length", "10");
                        frame.data("four", true);
                    });
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            }
        }

        @Test
        void switchingProtocolsIsNoAnswerInHttp2() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> frame.head(false, ":status", "101"));
                    ProxyRig rig = rig(origin)) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(sink.message()).contains("101");
            }
        }

        @Test
        void aVisitorWhoLeavesResetsTheStreamAlone() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/good")) {
                            frame.ok("good");
                        } else if (frame.isRequest()) {
                            frame.head(false, ":status", "200");
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call call = rig.start("POST", "/", false);
                call.sink.awaitHead();
                call.cancel();
                assertThat(origin.note()).isEqualTo("reset 1 8");
                assertThat(rig.get("/good").end().body()).isEqualTo("good");
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void anEarlyAnswerEndsTheUpload() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.isRequest()) {
                            frame.head(true, ":status", "413");
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call call = rig.start("POST", "/", false);
                assertThat(call.end().status()).isEqualTo(413);
                assertThat(origin.note()).isEqualTo("reset 1 8");
                call.data("late", true);
                assertThat(call.sink.consumed()).isEqualTo(4);
            }
        }

        @Test
        void anOriginOfHttp1IsNamedAsSuch() throws Exception {
            try (ScriptedOrigin origin =
                            ScriptedOrigin.always("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    ProxyRig rig = new ProxyRig(Origin.h2c("127.0.0.1", origin.port()), OriginOptions.defaults())) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_INVALID);
                assertThat(sink.message()).contains("prior knowledge").contains("Origin.http");
            }
        }

        @Test
        void anOriginThatNeverGreetsTimesOut() throws Exception {
            try (ScriptedOrigin origin = new ScriptedOrigin(peer -> peer.untilEnd());
                    ProxyRig rig = new ProxyRig(
                            Origin.h2c("127.0.0.1", origin.port()),
                            OriginOptions.builder()
                                    .connectTimeout(Duration.ofMillis(200))
                                    .build())) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_TIMED_OUT);
                assertThat(sink.message()).contains("200 ms");
            }
        }

        @Test
        void anOriginThatNeverAnswersTimesOutAndTheConnectionStays() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/good")) {
                            frame.ok("good");
                        }
                    });
                    ProxyRig rig = rig(origin, o -> o.responseTimeout(Duration.ofMillis(200)))) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.RESPONSE_TIMED_OUT);
                assertThat(origin.note()).isEqualTo("reset 1 8");
                assertThat(rig.get("/good").end().body()).isEqualTo("good");
            }
        }

        @Test
        void anOriginThatIsDownIsNamedWithItsScheme() throws Exception {
            int port;
            try (ScriptedOrigin origin = ScriptedOrigin.always("")) {
                port = origin.port();
            }
            try (ProxyRig rig = new ProxyRig(Origin.h2c("127.0.0.1", port), OriginOptions.defaults())) {
                RecordingSink sink = rig.get("/").end();
                assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
                assertThat(sink.message()).startsWith("Origin h2c://127.0.0.1:" + port + " refused");
            }
        }
    }

    @Nested
    class BackPressure {

        private static final int WINDOW = 64 * 1024;

        @Test
        void aStuckVisitorHoldsOneWindowAndNobodyElseUp() throws Exception {
            String body = "x".repeat(1_000_000);
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.end) {
                            frame.ok(body);
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                ProxyRig.Call stuck =
                        rig.start("POST", "/stuck", false).writable(false).data("go", true);
                stuck.sink.await("a full window", () -> stuck.sink.bodyLength() >= WINDOW);
                assertThat(rig.get("/other").end().bodyLength()).isEqualTo(body.length());
                assertThat(stuck.sink.bodyLength()).isEqualTo(WINDOW);
                stuck.writable(true);
                assertThat(stuck.end().bodyLength()).isEqualTo(body.length());
                assertThat(origin.connections()).isEqualTo(1);
            }
        }

        @Test
        void aStuckOriginGivesNoCreditAndHoldsNobodyElseUp() throws Exception {
            try (ScriptedHttp2Origin origin = new ScriptedHttp2Origin(frame -> {
                        if (frame.path().equals("/stuck")) {
                            frame.withholdCredit();
                        } else if (frame.isRequest()) {
                            frame.ok("other");
                        }
                    });
                    ProxyRig rig = rig(origin)) {
                String piece = "x".repeat(16 * 1024);
                ProxyRig.Call stuck = rig.start("POST", "/stuck", false);
                rig.get("/other").end();
                for (int i = 0; i < 8; i++) {
                    stuck.data(piece, false);
                }
                assertThat(rig.get("/other").end().body()).isEqualTo("other");
                assertThat(stuck.sink.consumed()).isLessThanOrEqualTo(WINDOW);
                stuck.cancel();
                stuck.sink.await("credit", () -> stuck.sink.consumed() == 8L * piece.length());
            }
        }
    }
}
