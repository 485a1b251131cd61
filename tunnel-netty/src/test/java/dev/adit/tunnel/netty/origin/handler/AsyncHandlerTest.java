package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.AsyncOriginExchange;
import dev.adit.tunnel.AsyncOriginHandler;
import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class AsyncHandlerTest {
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final HandlerExecutors EXECUTOR = HandlerExecutors.ownThreads();
    private static final CompletableFuture<HeaderFields> NO_TRAILERS =
            CompletableFuture.completedFuture(HeaderFields.empty());

    @AfterAll
    static void stop() {
        EXECUTOR.close();
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static FakeVisitor visitor() {
        return new FakeVisitor(LOOP);
    }

    private static HandlerOriginProxy proxy(AsyncOriginHandler handler) {
        return new HandlerOriginProxy(handler, OriginOptions.defaults(), EXECUTOR);
    }

    /** Remembers what it was told and checks that signals come one after the other, off the event loop. */
    private static class Recorder implements Flow.Subscriber<ByteBuffer> {
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        final CompletableFuture<Throwable> end = new CompletableFuture<>();
        final Queue<String> items = new ConcurrentLinkedQueue<>();
        final AtomicInteger inside = new AtomicInteger();

        @Override
        public void onSubscribe(Flow.Subscription value) {
            check(() -> subscription.complete(value));
        }

        @Override
        public void onNext(ByteBuffer item) {
            check(() -> items.add(StandardCharsets.UTF_8.decode(item).toString()));
        }

        @Override
        public void onError(Throwable cause) {
            check(() -> end.complete(cause));
        }

        @Override
        public void onComplete() {
            check(() -> end.complete(null));
        }

        private void check(Runnable then) {
            assertThat(LOOP.inEventLoop()).isFalse();
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            assertThat(end).isNotDone();
            then.run();
            inside.decrementAndGet();
        }

        void asks(long items) {
            FakeVisitor.get(subscription).request(items);
        }
    }

    /** Collects the body, then goes on with the text. */
    private static CompletableFuture<String> text(AsyncOriginExchange exchange) {
        var recorder = new Recorder();
        exchange.body().subscribe(recorder);
        recorder.subscription.thenAccept(subscription -> subscription.request(Long.MAX_VALUE));
        return recorder.end.thenApply(cause -> String.join("", recorder.items));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void respondsLaterFromAnyThread() {
        var exchanges = new CompletableFuture<AsyncOriginExchange>();
        var visitor = visitor().calls(proxy(exchanges::complete));
        var exchange = FakeVisitor.get(exchanges);
        assertThat(exchange.request().method()).isEqualTo("GET");
        assertThat(exchange.deadline()).isPresent();
        exchange.inform(103, HeaderFields.empty());
        var completedOn = exchange.respond(200, HeaderFields.empty(), new byte[] {'o', 'k'})
                .thenApply(nothing -> LOOP.inEventLoop());
        assertThat(visitor.completes().text()).isEqualTo("ok");
        FakeVisitor.get(completedOn);
        assertThat(visitor.headers().get("content-length")).isEqualTo("2");
        assertThat(visitor.events()).containsExactly("interim 103 []", "head 200");
        exchange.inform(103, HeaderFields.empty());
        assertThat(exchange.respond(200, HeaderFields.empty(), new byte[0])).isCompletedExceptionally();
        assertThat(exchange.respond(200, HeaderFields.empty(), new SubmissionPublisher<>(), NO_TRAILERS))
                .isCompletedExceptionally();
        assertThat(exchange.cancelled()).isNotDone();
    }

    @Test
    void futuresCompleteOffTheLoop() {
        var onLoop = new CompletableFuture<Boolean>();
        var dependentsAdded = new CountDownLatch(1);
        var visitor = visitor().takes(0).calls(proxy(exchange -> {
            exchange.respond(200, HeaderFields.empty(), new byte[100])
                    .whenComplete((nothing, cause) -> onLoop.complete(LOOP.inEventLoop()));
            dependentsAdded.countDown();
        }));
        assertThat(dependentsAdded)
                .satisfies(
                        latch -> assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue());
        assertThat(onLoop).isNotDone();
        visitor.takes(Long.MAX_VALUE).completes();
        assertThat(FakeVisitor.get(onLoop)).isFalse();
    }

    @Test
    void largeBodyIsCopiedAsTheVisitorTakesIt() {
        byte[] body = new byte[1_000_000];
        new Random(2).nextBytes(body);
        var visitor =
                visitor().takes(50_000).calls(proxy(exchange -> exchange.respond(200, HeaderFields.empty(), body)));
        visitor.waitsForBytes(50_000);
        assertThat(visitor.taken()).isLessThan(50_000 + ResponseQueue.CHUNK);
        assertThat(visitor.takes(Long.MAX_VALUE).completes().bytes()).isEqualTo(body);
    }

    @Test
    void echoesBodyAndTrailers() {
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        proxy(exchange -> text(exchange)
                                .thenCombine(
                                        exchange.requestTrailers(),
                                        (text, trailers) -> exchange.respond(
                                                200,
                                                HeaderFields.empty(),
                                                (text + trailers.first("x-sum").orElse("-"))
                                                        .getBytes(StandardCharsets.UTF_8)))),
                        false);
        visitor.sends("one", false).sends("two", false).sendsTrailer("x-sum", "3");
        assertThat(visitor.completes().text()).isEqualTo("onetwo3");
    }

    @Test
    void demandIsBackPressure() {
        var recorder = new Recorder();
        var exchanges = new CompletableFuture<AsyncOriginExchange>();
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        proxy(exchange -> {
                            exchange.body().subscribe(recorder);
                            exchanges.complete(exchange);
                        }),
                        false);
        visitor.sends("one", false).sends("two", false).sends("three", true);
        FakeVisitor.get(recorder.subscription);
        assertThat(visitor.credit()).isZero();
        recorder.asks(1);
        visitor.waitsForCredit(3);
        assertThat(recorder.items).containsExactly("one");
        recorder.asks(1);
        visitor.waitsForCredit(6);
        assertThat(visitor.credit()).isEqualTo(6);
        assertThat(recorder.end).isNotDone();
        recorder.asks(1);
        assertThat(FakeVisitor.get(recorder.end)).isNull();
        assertThat(recorder.items).containsExactly("one", "two", "three");
        FakeVisitor.get(exchanges).respond(204, HeaderFields.empty(), new byte[0]);
        visitor.completes();
    }

    @Test
    void emptyBodyCompletesWithoutDemand() {
        var recorder = new Recorder();
        visitor()
                .calls(proxy(exchange -> {
                    exchange.body().subscribe(recorder);
                    recorder.end.thenRun(() -> exchange.respond(200, HeaderFields.empty(), new byte[0]));
                }))
                .completes();
        assertThat(FakeVisitor.get(recorder.end)).isNull();
        assertThat(recorder.items).isEmpty();
    }

    @Test
    void requestOfNothingIsAnError() {
        for (long wrong : new long[] {0, -1}) {
            var recorder = new Recorder();
            var visitor = visitor()
                    .asks("POST", "/")
                    .begins(
                            proxy(exchange -> {
                                exchange.body().subscribe(recorder);
                                recorder.end.thenRun(() -> exchange.respond(400, HeaderFields.empty(), new byte[0]));
                            }),
                            false);
            visitor.sends("x", true);
            recorder.asks(wrong);
            assertThat(FakeVisitor.get(recorder.end)).isInstanceOf(IllegalArgumentException.class);
            recorder.asks(1);
            visitor.completes();
            assertThat(recorder.items).isEmpty();
        }
    }

    @Test
    void bodyHasOneSubscriber() {
        var first = new Recorder();
        var second = new Recorder();
        visitor()
                .calls(proxy(exchange -> {
                    assertThatThrownBy(() -> exchange.body().subscribe(null)).isInstanceOf(NullPointerException.class);
                    exchange.body().subscribe(first);
                    exchange.body().subscribe(second);
                    first.end.thenCombine(
                            second.end, (a, b) -> exchange.respond(200, HeaderFields.empty(), new byte[0]));
                }))
                .completes();
        assertThat(FakeVisitor.get(first.end)).isNull();
        assertThat(FakeVisitor.get(second.end)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void cancelledSubscriptionIsSilent() {
        var recorder = new Recorder();
        var exchanges = new CompletableFuture<AsyncOriginExchange>();
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        proxy(exchange -> {
                            exchange.body().subscribe(recorder);
                            exchanges.complete(exchange);
                        }),
                        false);
        FakeVisitor.get(recorder.subscription).cancel();
        recorder.asks(5);
        visitor.sends("unseen", true);
        FakeVisitor.get(exchanges).respond(200, HeaderFields.empty(), new byte[0]);
        visitor.completes();
        assertThat(recorder.items).isEmpty();
        assertThat(recorder.end).isNotDone();
    }

    @Test
    void subscriberThatThrowsFailsItsExchange() {
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        proxy(exchange -> {
                            var recorder = new Recorder() {
                                @Override
                                public void onNext(ByteBuffer item) {
                                    throw new IllegalStateException("broken subscriber");
                                }
                            };
                            exchange.body().subscribe(recorder);
                            recorder.subscription.thenAccept(subscription -> subscription.request(9));
                        }),
                        false);
        visitor.sends("a", false).sends("b", false);
        assertThat(visitor.fails()).isEqualTo(OriginFailure.HANDLER_FAILED);
    }

    @Test
    void cutBodyIsAnErrorForSubscriberAndTrailers() {
        var recorder = new Recorder();
        var trailers = new CompletableFuture<Throwable>();
        var cancelled = new CompletableFuture<Boolean>();
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        proxy(exchange -> {
                            exchange.requestTrailers().whenComplete((fields, cause) -> trailers.complete(cause));
                            exchange.cancelled().thenRun(() -> cancelled.complete(LOOP.inEventLoop()));
                            exchange.body().subscribe(recorder);
                        }),
                        false);
        FakeVisitor.get(recorder.subscription);
        visitor.sends("begin", false).leaves();
        assertThat(FakeVisitor.get(recorder.end)).isInstanceOf(IOException.class);
        assertThat(FakeVisitor.get(trailers)).isInstanceOf(IOException.class);
        assertThat(FakeVisitor.get(cancelled)).isFalse();
    }

    @Test
    void streamsWhatAPublisherGivesAndTrailers() {
        var publisher = new SubmissionPublisher<ByteBuffer>(EXECUTOR, 16);
        var trailers = new CompletableFuture<HeaderFields>();
        var visitor =
                visitor().calls(proxy(exchange -> exchange.respond(200, HeaderFields.empty(), publisher, trailers)));
        assertThat(visitor.status()).isEqualTo(200);
        visitor.waitsFor(publisher::hasSubscribers); // it drops what nobody has subscribed to
        publisher.submit(bytes("one"));
        visitor.waitsForBytes(3);
        publisher.submit(bytes("two"));
        visitor.waitsForBytes(6);
        publisher.close();
        assertThat(visitor.isOver()).isFalse();
        trailers.complete(HeaderFields.of("X-Sum", "6"));
        assertThat(visitor.completes().text()).isEqualTo("onetwo");
        assertThat(visitor.trailers()).isEqualTo(HeaderFields.of("X-Sum", "6"));
    }

    /** Gives items without end, as many as are asked for. */
    private static final class Endless implements Flow.Publisher<ByteBuffer> {
        final AtomicLong given = new AtomicLong();
        final CompletableFuture<Void> cancelled = new CompletableFuture<>();

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long items) {
                    for (long i = 0; i < items && !cancelled.isDone(); i++) {
                        given.addAndGet(10_000);
                        subscriber.onNext(ByteBuffer.allocate(10_000));
                    }
                }

                @Override
                public void cancel() {
                    cancelled.complete(null);
                }
            });
        }
    }

    @Test
    void publisherIsAskedOnlyAsTheVisitorTakes() {
        var endless = new Endless();
        var outcome = new CompletableFuture<Throwable>();
        var visitor = visitor()
                .takes(0)
                .calls(proxy(exchange -> exchange.respond(200, HeaderFields.empty(), endless, NO_TRAILERS)
                        .whenComplete((nothing, cause) -> outcome.complete(cause))));
        visitor.waitsFor(() -> endless.given.get() >= ResponseQueue.LIMIT);
        assertThat(endless.given.get()).isLessThanOrEqualTo(ResponseQueue.LIMIT + 10_000);
        visitor.takes(1_000_000);
        visitor.waitsFor(() -> endless.given.get() >= 1_000_000);
        assertThat(endless.given.get()).isLessThanOrEqualTo(1_000_000 + ResponseQueue.LIMIT + 30_000);
        visitor.leaves();
        FakeVisitor.get(endless.cancelled);
        assertThat(FakeVisitor.get(outcome)).isNotNull();
    }

    @Test
    void losesNothingThatIsPublishedOnceRespondHasReturned() {
        var publisher = new SubmissionPublisher<ByteBuffer>(EXECUTOR, 16);
        var visitor = visitor().calls(proxy(exchange -> {
            exchange.respond(200, HeaderFields.empty(), publisher, NO_TRAILERS);
            publisher.submit(bytes("one"));
            publisher.close();
        }));
        visitor.completes();
        visitor.waitsForBytes(3);
    }

    @Test
    void publishersErrorBreaksOff() {
        var publisher = new SubmissionPublisher<ByteBuffer>(EXECUTOR, 16);
        var visitor =
                visitor().calls(proxy(exchange -> exchange.respond(200, HeaderFields.empty(), publisher, NO_TRAILERS)));
        visitor.status();
        visitor.waitsFor(publisher::hasSubscribers);
        publisher.submit(bytes("one"));
        publisher.closeExceptionally(new IllegalStateException("source failed"));
        assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
    }

    @Test
    void trailersThatFailBreakOff() {
        var publisher = new SubmissionPublisher<ByteBuffer>(EXECUTOR, 16);
        var visitor = visitor()
                .calls(proxy(exchange -> exchange.respond(
                        200,
                        HeaderFields.empty(),
                        publisher,
                        CompletableFuture.failedFuture(new IllegalStateException("no")))));
        visitor.status();
        visitor.waitsFor(publisher::hasSubscribers);
        publisher.close();
        assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
    }

    @Test
    void lengthIsHeldTo() {
        for (String published : List.of("12", "1234")) {
            var publisher = new SubmissionPublisher<ByteBuffer>(EXECUTOR, 16);
            var visitor = visitor()
                    .calls(proxy(exchange ->
                            exchange.respond(200, HeaderFields.of("Content-Length", "3"), publisher, NO_TRAILERS)));
            visitor.waitsFor(publisher::hasSubscribers);
            publisher.submit(bytes(published));
            publisher.close();
            assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
            assertThat(visitor.failureMessage()).contains("Content-Length: 3");
        }
    }

    @Test
    void responsesWithoutBodyCancelThePublisher() {
        for (int status : new int[] {204, 304}) {
            var endless = new Endless();
            visitor()
                    .calls(proxy(exchange -> exchange.respond(status, HeaderFields.empty(), endless, NO_TRAILERS)))
                    .completes();
            FakeVisitor.get(endless.cancelled);
            assertThat(endless.given.get()).isZero();
        }
        var head = new Endless();
        var visitor = visitor()
                .asks("HEAD", "/")
                .calls(proxy(exchange -> exchange.respond(200, HeaderFields.empty(), head, NO_TRAILERS)))
                .completes();
        FakeVisitor.get(head.cancelled);
        assertThat(visitor.bytes()).isEmpty();
    }

    @Test
    void handlerThatThrowsOrFailsIs500() {
        assertThat(visitor()
                        .calls(proxy(exchange -> {
                            throw new IOException("no");
                        }))
                        .fails())
                .isEqualTo(OriginFailure.HANDLER_FAILED);
        assertThat(visitor()
                        .calls(proxy(exchange -> exchange.fail(new IllegalStateException("no"))))
                        .fails())
                .isEqualTo(OriginFailure.HANDLER_FAILED);
    }

    @Test
    void failureInTheMiddleBreaksOff() {
        var endless = new Endless();
        var visitor = visitor().takes(0).calls(proxy(exchange -> {
            exchange.respond(200, HeaderFields.empty(), endless, NO_TRAILERS);
            exchange.fail(new IllegalStateException("no"));
        }));
        assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_CUT_SHORT);
        FakeVisitor.get(endless.cancelled);
    }

    @Test
    void handlerThatNeverRespondsIs504() {
        var options =
                OriginOptions.builder().responseTimeout(Duration.ofMillis(50)).build();
        var cancelled = new CompletableFuture<Void>();
        AsyncOriginHandler handler = exchange -> exchange.cancelled().thenRun(() -> cancelled.complete(null));
        var visitor = visitor().calls(new HandlerOriginProxy(handler, options, EXECUTOR));
        assertThat(visitor.fails()).isEqualTo(OriginFailure.RESPONSE_TIMED_OUT);
        FakeVisitor.get(cancelled);
    }

    @Test
    void executorThatRefusesLaterEndsTheExchange() {
        var left = new AtomicInteger(1);
        var recorder = new Recorder();
        AsyncOriginHandler handler = exchange -> exchange.body().subscribe(recorder);
        var visitor = visitor()
                .asks("POST", "/")
                .begins(
                        new HandlerOriginProxy(handler, OriginOptions.defaults(), task -> {
                            if (left.getAndDecrement() <= 0) {
                                throw new RejectedExecutionException("shut down");
                            }
                            EXECUTOR.execute(task);
                        }),
                        false);
        assertThat(visitor.fails()).isEqualTo(OriginFailure.HANDLER_REJECTED);
    }
}
