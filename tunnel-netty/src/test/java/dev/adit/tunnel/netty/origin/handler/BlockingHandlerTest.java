package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginHandler;
import dev.adit.tunnel.OriginOptions;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.util.internal.InternalThreadLocalMap;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class BlockingHandlerTest {
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final HandlerExecutors EXECUTOR = HandlerExecutors.ownThreads();

    @AfterAll
    static void stop() {
        EXECUTOR.close();
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static FakeVisitor visitor() {
        return new FakeVisitor(LOOP);
    }

    private static HandlerOriginProxy proxy(OriginHandler handler) {
        return new HandlerOriginProxy(handler, OriginOptions.defaults(), EXECUTOR);
    }

    private static HandlerOriginProxy proxy(Duration timeout, OriginHandler handler) {
        return new HandlerOriginProxy(
                handler, OriginOptions.builder().responseTimeout(timeout).build(), EXECUTOR);
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    }

    /** Fails the exchange visibly when the handler's own assertions fail. */
    private static FakeVisitor good(FakeVisitor visitor, OriginHandler handler) {
        return visitor.calls(proxy(handler)).completes();
    }

    @Nested
    class Requests {
        @Test
        void arriveWithoutWhatConcernsTheTunnel() {
            var visitor = visitor()
                    .asks("OPTIONS", "/a%2Fb?x=1&x=\u00e9")
                    .with("x-one", "1")
                    .with("cf-cloudflared-proxy-src", "secret")
                    .with("connection", "x-one")
                    .with("cookie", "a=1")
                    .with("x-two", "\u00e4")
                    .with("cookie", "b=2")
                    .with("cf-connecting-ip", "192.0.2.7");
            good(visitor, exchange -> {
                var request = exchange.request();
                assertThat(request.method()).isEqualTo("OPTIONS");
                assertThat(request.target()).isEqualTo("/a%2Fb?x=1&x=\u00e9");
                assertThat(request.host()).isEqualTo("app.test");
                assertThat(request.webSocket()).isFalse();
                assertThat(request.visitorAddress()).contains("192.0.2.7");
                assertThat(request.headers())
                        .isEqualTo(HeaderFields.of(
                                "cf-ray",
                                "1-TST",
                                "x-one",
                                "1",
                                "cookie",
                                "a=1; b=2",
                                "x-two",
                                "\u00e4",
                                "cf-connecting-ip",
                                "192.0.2.7"));
                exchange.respond(204);
            });
        }

        @Test
        void thatAreNotLegalAreRefused() {
            var visitor = visitor().with("x-bad", "a\u0000b").calls(proxy(exchange -> exchange.respond(200)));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.REQUEST_INVALID);
        }

        @Test
        void bodyIsReadAsItComesAndItsEndIsTheEndOfACompleteBody() {
            var first = new CountDownLatch(1);
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                assertThat(exchange.body()).isSameAs(exchange.body());
                                assertThat(exchange.body().read()).isEqualTo('a');
                                assertThat(exchange.requestTrailers().isEmpty()).isTrue();
                                first.countDown();
                                exchange.respond(
                                        200,
                                        "text/plain",
                                        "a" + new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8));
                            }),
                            false);
            visitor.sends("abc", false);
            assertThat(first).satisfies(BlockingHandlerTest::await);
            visitor.sends("def", false).sends("", true);
            assertThat(visitor.completes().text()).isEqualTo("abcdef");
        }

        @Test
        void trailersAreThereAfterTheEnd() {
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                assertThat(exchange.requestTrailers()).isEqualTo(HeaderFields.empty());
                                exchange.body().readAllBytes();
                                exchange.respond(
                                        200,
                                        "text/plain",
                                        exchange.requestTrailers()
                                                .first("X-Sum")
                                                .orElse("none"));
                            }),
                            false);
            visitor.sends("body", false).sendsTrailer("x-sum", "42");
            assertThat(visitor.completes().text()).isEqualTo("42");
        }

        @Test
        void withoutBodyHaveAnEmptyOne() {
            good(visitor(), exchange -> {
                assertThat(exchange.body().read()).isEqualTo(-1);
                assertThat(exchange.body().read(new byte[4])).isEqualTo(-1);
                exchange.respond(200);
            });
        }

        @Test
        void creditIsGivenOnlyAsTheBodyIsRead() {
            var read = new CountDownLatch(1);
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                await(read);
                                exchange.body().readNBytes(1000);
                                exchange.body().readNBytes(500);
                                exchange.body().readAllBytes();
                                exchange.respond(200);
                            }),
                            false);
            visitor.sends(new byte[1000], false).sends(new byte[1000], false);
            assertThat(visitor.credit()).isZero();
            read.countDown();
            visitor.waitsForCredit(1000);
            visitor.waitsForCredit(2000);
            visitor.sends("", true).completes();
            assertThat(visitor.credit()).isEqualTo(2000);
        }

        @Test
        void bodyThatIsCutNeverLooksComplete() {
            var result = new CompletableFuture<Throwable>();
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                try {
                                    exchange.body().readAllBytes();
                                    result.complete(null);
                                } catch (IOException e) {
                                    result.complete(e);
                                }
                            }),
                            false);
            visitor.sends("begin", false);
            visitor.waitsForCredit(5);
            visitor.leaves();
            assertThat(FakeVisitor.get(result)).isInstanceOf(IOException.class);
        }

        @Test
        void bodyCanBeReadWhileTheResponseIsStreamed() {
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                                    for (int c = exchange.body().read();
                                            c >= 0;
                                            c = exchange.body().read()) {
                                        out.write(Character.toUpperCase(c));
                                        out.flush();
                                    }
                                }
                            }),
                            false);
            visitor.sends("one", false);
            visitor.waitsForBytes(3);
            visitor.sends("two", true);
            assertThat(visitor.completes().text()).isEqualTo("ONETWO");
        }

        @Test
        void closedBodyIsNotAskedForAnyMore() {
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                exchange.body().close();
                                assertThatThrownBy(() -> exchange.body().read()).isInstanceOf(IOException.class);
                                exchange.respond(200);
                            }),
                            false);
            visitor.sends("abc", false).completes();
        }

        @Test
        void restOfTheBodyIsNotTakenOnceTheResponseIsComplete() {
            var thrown = new CompletableFuture<String>();
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                exchange.respond(200);
                                try {
                                    exchange.body().readAllBytes();
                                } catch (IOException e) {
                                    thrown.complete(e.getMessage());
                                }
                            }),
                            false);
            visitor.completes();
            assertThat(FakeVisitor.get(thrown)).contains("response is complete");
            visitor.sends("late", true);
            visitor.waitsForCredit(4);
        }
    }

    @Nested
    class Responses {
        @Test
        void withoutBodyHaveLengthZero() {
            var visitor = good(visitor(), exchange -> exchange.respond(201));
            assertThat(visitor.status()).isEqualTo(201);
            assertThat(visitor.headers().get("content-length")).isEqualTo("0");
            assertThat(visitor.bytes()).isEmpty();
        }

        @Test
        void ofTextAreUtf8WithTheirLength() {
            var visitor = good(visitor(), exchange -> exchange.respond(200, "text/plain; charset=utf-8", "h\u00e9"));
            assertThat(visitor.text()).isEqualTo("h\u00e9");
            assertThat(visitor.headers().get("Content-Length")).isEqualTo("3");
            assertThat(visitor.headers().get("Content-Type")).isEqualTo("text/plain; charset=utf-8");
        }

        @Test
        void keepOrderAndCaseOfTheirFields() {
            var visitor = good(
                    visitor(),
                    exchange ->
                            exchange.respond(200, HeaderFields.of("X-b", "1", "x-A", "2", "X-b", "3"), new byte[0]));
            assertThat(visitor.headers().entries().toString()).isEqualTo("[X-b=1, x-A=2, X-b=3, Content-Length=0]");
        }

        @Test
        void ofBytesMayBeChangedByTheHandlerAfterwards() {
            byte[] body = new byte[40_000];
            Arrays.fill(body, (byte) 'x');
            var visitor = good(visitor(), exchange -> {
                exchange.respond(200, HeaderFields.empty(), body);
                Arrays.fill(body, (byte) 'y');
            });
            assertThat(visitor.bytes()).hasSize(40_000).containsOnly('x');
        }

        @Test
        void toHeadHaveNoBodyButItsLength() {
            var visitor = good(visitor().asks("HEAD", "/"), exchange -> exchange.respond(200, "text/plain", "12345"));
            assertThat(visitor.headers().get("content-length")).isEqualTo("5");
            assertThat(visitor.bytes()).isEmpty();
            var streamed = good(visitor().asks("HEAD", "/"), exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.of("Content-Length", "9"))) {
                    out.write(new byte[9]);
                }
            });
            assertThat(streamed.headers().get("content-length")).isEqualTo("9");
            assertThat(streamed.bytes()).isEmpty();
        }

        @Test
        void of204And304HaveNoBody() {
            for (int status : new int[] {204, 304}) {
                var visitor = good(visitor(), exchange -> {
                    assertThatThrownBy(() -> exchange.respond(status, HeaderFields.empty(), new byte[1]))
                            .isInstanceOf(IllegalArgumentException.class);
                    exchange.respond(status);
                });
                assertThat(visitor.headers().contains("content-length")).isFalse();
                good(visitor(), exchange -> {
                    try (OutputStream out = exchange.respond(status, HeaderFields.empty())) {
                        assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
                    }
                });
            }
        }

        @Test
        void refuseAStatusThatIsNotFinal() {
            good(visitor(), exchange -> {
                for (int status : new int[] {100, 199, 1000}) {
                    assertThatThrownBy(() -> exchange.respond(status)).isInstanceOf(IllegalArgumentException.class);
                }
                for (int status : new int[] {100, 101, 200}) {
                    assertThatThrownBy(() -> exchange.inform(status, HeaderFields.empty()))
                            .isInstanceOf(IllegalArgumentException.class);
                }
                exchange.respond(999);
            });
        }

        @Test
        void areOneForEachRequest() {
            var visitor = good(visitor(), exchange -> {
                exchange.respond(200, "text/plain", "first");
                assertThatThrownBy(() -> exchange.respond(500)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> exchange.respond(500, HeaderFields.empty()))
                        .isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> exchange.inform(103, HeaderFields.empty()))
                        .isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> exchange.trailers(HeaderFields.empty()))
                        .isInstanceOf(IllegalStateException.class);
            });
            assertThat(visitor.text()).isEqualTo("first");
        }

        @Test
        void comeAfterInterimOnes() {
            var visitor = good(visitor(), exchange -> {
                exchange.inform(103, HeaderFields.of("Link", "</a.css>"));
                exchange.respond(200);
            });
            assertThat(visitor.events()).containsExactly("interim 103 [Link=</a.css>]", "head 200");
        }

        @Test
        void headIsSentAtOnceAndEachFlushToo() {
            var go = new CountDownLatch(1);
            var end = new CountDownLatch(1);
            var visitor = visitor().calls(proxy(exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    await(go);
                    out.write("event".getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    await(end);
                }
            }));
            assertThat(visitor.status()).isEqualTo(200);
            assertThat(visitor.unflushed()).isZero();
            go.countDown();
            visitor.waitsForBytes(5);
            assertThat(visitor.unflushed()).isZero();
            assertThat(visitor.text()).isEqualTo("event");
            assertThat(visitor.isOver()).isFalse();
            end.countDown();
            visitor.completes();
        }

        @Test
        void waitWhileTheVisitorTakesNothing() {
            var written = new AtomicInteger();
            var visitor = visitor().takes(0).calls(proxy(exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    for (int i = 0; i < 1000; i++) {
                        out.write(new byte[4096]);
                        written.addAndGet(4096);
                    }
                }
            }));
            int bound = ResponseQueue.LIMIT + 2 * ResponseQueue.CHUNK;
            visitor.waitsFor(() -> written.get() >= ResponseQueue.LIMIT);
            assertThat(written.get()).isLessThanOrEqualTo(bound);
            visitor.takes(100_000);
            visitor.waitsFor(() -> written.get() >= 100_000);
            assertThat(written.get()).isLessThanOrEqualTo(100_000 + ResponseQueue.CHUNK + bound);
            visitor.takes(Long.MAX_VALUE).completes();
            assertThat(visitor.taken()).isEqualTo(4_096_000);
        }

        @Test
        void ofBytesWaitTooAndArriveWhole() {
            byte[] body = new byte[1_000_000];
            new Random(1).nextBytes(body);
            var returned = new AtomicInteger();
            var visitor = visitor().takes(10_000).calls(proxy(exchange -> {
                exchange.respond(200, HeaderFields.empty(), body);
                returned.set(1);
            }));
            assertThat(visitor.status()).isEqualTo(200);
            assertThat(returned).hasValue(0);
            assertThat(visitor.takes(Long.MAX_VALUE).completes().bytes()).isEqualTo(body);
        }

        @Test
        void sendTrailersBehindTheBody() {
            var visitor = good(visitor(), exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    out.write('x');
                    exchange.trailers(HeaderFields.of("X-Sum", "1"));
                }
                assertThatThrownBy(() -> exchange.trailers(HeaderFields.empty()))
                        .isInstanceOf(IllegalStateException.class);
            });
            assertThat(visitor.text()).isEqualTo("x");
            assertThat(visitor.trailers()).isEqualTo(HeaderFields.of("X-Sum", "1"));
            var whole = good(visitor(), exchange -> {
                exchange.trailers(HeaderFields.of("X-Sum", "2"));
                exchange.respond(200, "text/plain", "y");
            });
            assertThat(whole.trailers()).isEqualTo(HeaderFields.of("X-Sum", "2"));
        }

        @Test
        void withALengthAreCompleteWhenClosed() {
            var end = new CountDownLatch(1);
            var visitor = visitor().calls(proxy(exchange -> {
                OutputStream out = exchange.respond(200, HeaderFields.of("Content-Length", "3"));
                out.write(new byte[3]);
                out.close();
                assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
                out.flush();
                out.close();
                await(end);
            }));
            visitor.completes();
            end.countDown();
        }

        @Test
        void withTooFewBytesBreakOff() {
            var visitor = visitor().calls(proxy(exchange -> {
                OutputStream out = exchange.respond(200, HeaderFields.of("Content-Length", "3"));
                out.write(new byte[2]);
                assertThatThrownBy(out::close).isInstanceOf(IOException.class).hasMessageContaining("after 2 bytes");
            }));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        }

        @Test
        void withTooManyBytesBreakOff() {
            var visitor = visitor().calls(proxy(exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.of("Content-Length", "3"))) {
                    out.write(new byte[3]);
                    assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
                } catch (IOException e) {
                    // closing fails as well
                }
            }));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        }

        @Test
        void refuseALengthThatIsNone() {
            good(visitor(), exchange -> {
                for (String length : new String[] {"-1", "+1", "", "x", "9999999999999999999"}) {
                    assertThatThrownBy(() -> exchange.respond(200, HeaderFields.of("Content-Length", length)))
                            .isInstanceOf(IllegalArgumentException.class);
                }
                assertThatThrownBy(() -> exchange.respond(200, HeaderFields.of("Content-Length", "4"), new byte[3]))
                        .isInstanceOf(IllegalArgumentException.class);
                exchange.respond(200, HeaderFields.of("Content-Length", "3"), new byte[3]);
            });
        }
    }

    @Nested
    class Failures {
        @Test
        void beforeTheResponseAre500() {
            var visitor = visitor().asks("GET", "/path?secret").calls(proxy(exchange -> {
                throw new IllegalStateException("no");
            }));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.HANDLER_FAILED);
            assertThat(visitor.status()).isEqualTo(500);
            assertThat(visitor.failureMessage()).contains("GET /path").doesNotContain("secret");
        }

        @Test
        void ofAnyKindAre500() {
            assertThat(visitor()
                            .calls(proxy(exchange -> {
                                throw new StackOverflowError();
                            }))
                            .fails())
                    .isEqualTo(OriginFailure.HANDLER_FAILED);
        }

        @Test
        void inTheMiddleBreakTheResponseOff() {
            var visitor = visitor().calls(proxy(exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    out.write(1);
                    throw new IllegalStateException("try-with-resources closes the stream before anybody sees this");
                }
            }));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            assertThat(visitor.status()).isEqualTo(200);
        }

        @Test
        void noResponseIs500() {
            var visitor = visitor().calls(proxy(exchange -> {}));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.HANDLER_FAILED);
            assertThat(visitor.failureMessage()).contains("without responding");
        }

        @Test
        void streamLeftOpenBreaksOff() {
            var visitor = visitor()
                    .calls(proxy(exchange ->
                            exchange.respond(200, HeaderFields.empty()).write(1)));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            assertThat(visitor.failureMessage()).contains("without closing");
        }

        @Test
        void streamLeftOpenWithAllItDeclaredIsComplete() {
            var visitor = good(
                    visitor(),
                    exchange -> exchange.respond(200, HeaderFields.of("Content-Length", "1"))
                            .write('z'));
            assertThat(visitor.text()).isEqualTo("z");
        }

        @Test
        void afterACompleteResponseChangeNothing() {
            var visitor = visitor().calls(proxy(exchange -> {
                exchange.respond(200);
                throw new IllegalStateException("too late");
            }));
            assertThat(visitor.completes().status()).isEqualTo(200);
        }

        @Test
        void exchangeIsOverWhenTheHandlerReturns() {
            var kept = new CompletableFuture<OriginExchange>();
            var returned = new CountDownLatch(1);
            OriginHandler handler = exchange -> {
                exchange.respond(200);
                kept.complete(exchange);
            };
            visitor()
                    .calls(new HandlerOriginProxy(
                            handler,
                            OriginOptions.defaults(),
                            task -> EXECUTOR.execute(() -> {
                                task.run();
                                returned.countDown();
                            })))
                    .completes();
            assertThat(returned).satisfies(BlockingHandlerTest::await);
            assertThatThrownBy(() -> FakeVisitor.get(kept).body().read()).isInstanceOf(IOException.class);
            assertThat(FakeVisitor.get(kept).isCancelled()).isFalse();
        }

        @Test
        void requestWhoseVisitorLeftBeforeItsTurnIsNotHandled() {
            var tasks = new CompletableFuture<Runnable>();
            var called = new AtomicInteger();
            var visitor = visitor()
                    .calls(new HandlerOriginProxy(
                            (OriginHandler) exchange -> called.incrementAndGet(),
                            OriginOptions.defaults(),
                            tasks::complete));
            visitor.leaves();
            FakeVisitor.get(tasks).run();
            assertThat(called).hasValue(0);
        }

        @Test
        void executorThatRefusesIs503() {
            var full = new HandlerOriginProxy(
                    (OriginHandler) exchange -> exchange.respond(200), OriginOptions.defaults(), task -> {
                        throw new RejectedExecutionException("full");
                    });
            var visitor = visitor().calls(full);
            assertThat(visitor.fails()).isEqualTo(OriginFailure.HANDLER_REJECTED);
            assertThat(visitor.status()).isEqualTo(503);
        }

        @Test
        void executorThatRunsOnTheEventLoopIs503() {
            var direct = new HandlerOriginProxy(
                    (OriginHandler) exchange -> exchange.respond(200), OriginOptions.defaults(), Runnable::run);
            assertThat(visitor().calls(direct).fails()).isEqualTo(OriginFailure.HANDLER_REJECTED);
        }
    }

    @Nested
    class Cancellations {
        @Test
        void wakeWritersAndRunActionsOffTheLoop() {
            var action = new CompletableFuture<Boolean>();
            var late = new CompletableFuture<Void>();
            var thrown = new CompletableFuture<Throwable>();
            var begun = new CountDownLatch(1);
            var visitor = visitor().takes(0).calls(proxy(exchange -> {
                exchange.onCancel(() -> action.complete(LOOP.inEventLoop()));
                assertThat(exchange.isCancelled()).isFalse();
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    begun.countDown();
                    while (true) {
                        out.write(new byte[10_000]);
                    }
                } catch (IOException e) {
                    assertThat(exchange.isCancelled()).isTrue();
                    exchange.onCancel(() -> late.complete(null));
                    assertThatThrownBy(() -> exchange.inform(103, HeaderFields.empty()))
                            .isInstanceOf(Exception.class);
                    thrown.complete(e);
                }
            }));
            assertThat(begun).satisfies(BlockingHandlerTest::await);
            visitor.leaves();
            assertThat(FakeVisitor.get(thrown)).hasMessageContaining("visitor is gone");
            assertThat(FakeVisitor.get(action)).isFalse();
            FakeVisitor.get(late);
        }

        @Test
        void beforeTheResponseMakeItThrow() {
            var begun = new CountDownLatch(1);
            var go = new CountDownLatch(1);
            var thrown = new CompletableFuture<Throwable>();
            var visitor = visitor().calls(proxy(exchange -> {
                begun.countDown();
                await(go);
                try {
                    exchange.respond(200);
                } catch (IOException e) {
                    thrown.complete(e);
                }
            }));
            assertThat(begun).satisfies(BlockingHandlerTest::await);
            visitor.leaves();
            go.countDown();
            assertThat(FakeVisitor.get(thrown)).isInstanceOf(IOException.class);
        }

        @Test
        void doNotInterrupt() {
            var begun = new CountDownLatch(1);
            var cancelled = new CountDownLatch(1);
            var interrupted = new CompletableFuture<Boolean>();
            var visitor = visitor().calls(proxy(exchange -> {
                exchange.onCancel(cancelled::countDown);
                begun.countDown();
                await(cancelled);
                interrupted.complete(Thread.currentThread().isInterrupted());
            }));
            assertThat(begun).satisfies(BlockingHandlerTest::await);
            visitor.leaves();
            assertThat(FakeVisitor.get(interrupted)).isFalse();
        }
    }

    @Nested
    class Deadlines {
        @Test
        void areTheRequestsTimeAndTheLimit() {
            var seen = new CompletableFuture<Instant>();
            var before = Instant.now();
            visitor()
                    .calls(proxy(Duration.ofMinutes(5), exchange -> {
                        seen.complete(exchange.deadline().orElseThrow());
                        exchange.respond(200);
                    }))
                    .completes();
            assertThat(FakeVisitor.get(seen))
                    .isBetween(before.plusSeconds(300), Instant.now().plusSeconds(300));
            visitor()
                    .calls(proxy(Duration.ZERO, exchange -> {
                        assertThat(exchange.deadline()).isEmpty();
                        exchange.respond(200);
                    }))
                    .completes();
        }

        @Test
        void thatPassAre504AndInterruptOurThread() {
            var interrupted = new CompletableFuture<Boolean>();
            var visitor = visitor().calls(proxy(Duration.ofMillis(50), exchange -> {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.complete(exchange.isCancelled());
                }
            }));
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_TIMED_OUT);
            assertThat(visitor.status()).isEqualTo(504);
            assertThat(FakeVisitor.get(interrupted)).isTrue();
        }

        @Test
        void leaveThreadsOfTheApplicationAlone() {
            var interrupted = new CompletableFuture<Boolean>();
            var lent = Executors.newSingleThreadExecutor();
            try {
                var options = OriginOptions.builder()
                        .responseTimeout(Duration.ofMillis(50))
                        .build();
                OriginHandler handler = exchange -> {
                    while (!exchange.isCancelled()) {
                        Thread.onSpinWait();
                    }
                    interrupted.complete(Thread.currentThread().isInterrupted());
                };
                var visitor = visitor().calls(new HandlerOriginProxy(handler, options, lent));
                assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_TIMED_OUT);
                assertThat(FakeVisitor.get(interrupted)).isFalse();
            } finally {
                lent.shutdownNow();
            }
        }

        @Test
        void areOverOnceTheResponseHasBegun() {
            var visitor = visitor().calls(proxy(Duration.ofMillis(200), exchange -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    while (Instant.now()
                            .isBefore(exchange.deadline().orElseThrow().plusMillis(50))) {
                        Thread.onSpinWait();
                    }
                    out.write('!');
                }
            }));
            assertThat(visitor.completes().text()).isEqualTo("!");
        }
    }

    @Test
    void writerDoesNotWaitForAnEventLoopThatIsGone() {
        var loop = new DefaultEventLoop();
        var begun = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        var thrown = new CompletableFuture<Throwable>();
        new FakeVisitor(loop).calls(proxy(exchange -> {
            OutputStream out = exchange.respond(200, HeaderFields.empty());
            begun.countDown();
            await(gone);
            try {
                out.write(new byte[1_000_000]);
            } catch (IOException e) {
                thrown.complete(e);
            }
        }));
        assertThat(begun).satisfies(BlockingHandlerTest::await);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        gone.countDown();
        assertThat(FakeVisitor.get(thrown)).hasMessageContaining("closed");
    }

    @Test
    void threadsOfTheApplicationKeepNothingOfNetty() {
        var found = new CompletableFuture<Object>();
        var lent = Executors.newSingleThreadExecutor();
        try {
            OriginHandler handler = exchange -> {
                exchange.body().readAllBytes();
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    out.write(new byte[100_000]);
                }
            };
            var proxy = new HandlerOriginProxy(handler, OriginOptions.defaults(), lent);
            visitor()
                    .asks("POST", "/")
                    .begins(proxy, false)
                    .sends(new byte[1000], true)
                    .completes();
            lent.execute(() -> found.complete(InternalThreadLocalMap.getIfSet() == null));
            assertThat(FakeVisitor.get(found)).isEqualTo(true);
        } finally {
            lent.shutdownNow();
        }
    }
}
