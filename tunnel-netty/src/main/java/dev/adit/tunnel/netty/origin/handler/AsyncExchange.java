package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.AsyncOriginExchange;
import dev.adit.tunnel.AsyncOriginHandler;
import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginRequest;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One exchange with an asynchronous handler. Its methods are for any thread; what it tells the application goes through a
 * {@link SerialExecutor}. The event loop's side is {@link HandlerCall}.
 */
final class AsyncExchange implements AsyncOriginExchange, HandlerCall.Watcher {

    private static final Logger LOG = LoggerFactory.getLogger(AsyncExchange.class);

    private final HandlerCall call;
    private final OriginRequest request;
    private final ResponseQueue response;
    private final SerialExecutor serial;
    private final BodyPublisher body;
    private final CompletableFuture<HeaderFields> requestTrailers = new CompletableFuture<>();
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final CompletableFuture<Void> sent = new CompletableFuture<>();
    private volatile @Nullable BodySubscriber subscriber;

    AsyncExchange(HandlerCall call, OriginRequest request, Executor executor) {
        this.call = call;
        this.request = request;
        response = call.response();
        serial = new SerialExecutor(executor, this::refused);
        body = new BodyPublisher(call.body(), serial, this::fail);
        if (request.webSocket()) {
            call.body().ignore(); // frames, which this form does not speak
        }
        call.body().listener(this::bodyChanged);
        call.watcher(this);
        call.cancellation().onCancel(() -> serial.execute(() -> cancelled.complete(null)));
        if (call.body().isComplete()) {
            requestTrailers.complete(HeaderFields.empty());
        }
    }

    /** Calls the handler. On the executor. */
    void run(AsyncOriginHandler handler) {
        if (call.cancellation().isCancelled()) {
            return;
        }
        try {
            handler.handle(this);
        } catch (Throwable e) { // whatever it was, it is this request's alone
            fail(e);
        }
    }

    @Override
    public OriginRequest request() {
        return request;
    }

    @Override
    public Flow.Publisher<ByteBuffer> body() {
        return body;
    }

    @Override
    public CompletableFuture<HeaderFields> requestTrailers() {
        return requestTrailers;
    }

    @Override
    public void inform(int status, HeaderFields headers) {
        MessageHeads.checkInterimStatus(status);
        try {
            response.interim(status, MessageHeads.http(headers));
        } catch (IOException | IllegalStateException e) {
            LOG.debug("An interim response to {} was not sent: {}", call.name(), e.getMessage());
        }
    }

    @Override
    public CompletableFuture<Void> respond(int status, HeaderFields headers, byte[] whole) {
        HttpHeaders head = MessageHeads.whole(request.method(), status, headers, whole.length);
        boolean bodiless = MessageHeads.isBodiless(request.method(), status);
        try {
            response.beginWhole(status, head, bodiless ? new byte[0] : whole);
            return sent;
        } catch (IOException | IllegalStateException e) {
            return refusedFuture(e);
        }
    }

    @Override
    public CompletableFuture<Void> respond(
            int status,
            HeaderFields headers,
            Flow.Publisher<ByteBuffer> items,
            CompletableFuture<HeaderFields> trailers) {
        Objects.requireNonNull(items, "body");
        Objects.requireNonNull(trailers, "trailers");
        MessageHeads.checkStatus(status);
        long declared = MessageHeads.declaredLength(headers);
        boolean bodiless = MessageHeads.isBodiless(request.method(), status);
        try {
            response.begin(status, MessageHeads.http(headers), Unpooled.EMPTY_BUFFER, bodiless);
        } catch (IOException | IllegalStateException e) {
            return refusedFuture(e);
        }
        BodySubscriber taker = new BodySubscriber(call, serial, trailers, declared, bodiless);
        subscriber = taker;
        if (response.isBroken()) { // it broke before over() could see the subscriber
            taker.cancel();
        }
        subscribe(items, taker); // here and now: some publishers drop what comes before
        return sent;
    }

    private void subscribe(Flow.Publisher<ByteBuffer> items, BodySubscriber taker) {
        try {
            items.subscribe(taker);
        } catch (Throwable e) { // the application's, whatever it is
            taker.onError(e);
        }
    }

    @Override
    public void fail(Throwable cause) {
        String message = "The in-process handler failed for " + call.name() + ": "
                + cause.getClass().getName() + ".";
        if (!response.fail(OriginFailure.HANDLER_FAILED, message, cause)) {
            if (call.cancellation().isCancelled()) {
                LOG.debug("{} The request was cancelled before.", message, cause);
            } else {
                LOG.warn("{} Its response had ended before.", message, cause);
            }
        }
    }

    @Override
    public CompletableFuture<Void> cancelled() {
        return cancelled;
    }

    @Override
    public Optional<Instant> deadline() {
        return call.deadline();
    }

    @Override
    public void room() {
        BodySubscriber taker = subscriber;
        if (taker != null) {
            taker.room();
        }
    }

    @Override
    public void over(@Nullable String cut) {
        BodySubscriber taker = subscriber;
        if (taker != null && cut != null) {
            taker.cancel();
        }
        call.body()
                .drop(cut == null ? "The response is complete; what was left of the request's body is dropped." : cut);
        serial.execute(() -> {
            if (cut == null) {
                sent.complete(null);
            } else {
                sent.completeExceptionally(new IOException(cut));
            }
        });
    }

    /** Something of the request came, or it was cut. On the event loop. */
    private void bodyChanged() {
        serial.execute(() -> {
            body.deliver();
            if (call.body().isComplete()) {
                requestTrailers.complete(call.body().trailers());
            } else if (call.body().broken() != null) {
                requestTrailers.completeExceptionally(
                        new IOException(call.body().broken()));
            }
        });
    }

    private void refused() {
        response.fail(
                OriginFailure.HANDLER_REJECTED,
                "The executor of the in-process handler refused to go on with " + call.name()
                        + ": it is full or shut down.",
                null);
    }

    private static CompletableFuture<Void> refusedFuture(Exception cause) {
        return CompletableFuture.failedFuture(cause);
    }
}
