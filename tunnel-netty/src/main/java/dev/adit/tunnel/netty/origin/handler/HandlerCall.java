package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event loop's side of one exchange: passes on what comes of the request, keeps the deadline, and ends both queues when
 * the response is over. Methods of {@link OriginCall} and of the listener run on the event loop.
 */
final class HandlerCall implements OriginCall, ResponseQueue.Listener {

    private static final int CONTINUE = 100;
    private static final String VISITOR_GONE = "The visitor is gone or the tunnel lost its connection.";

    private final ResponseSink sink;
    private final String name;
    private final ReceivedBody body;
    private final ResponseQueue response;
    private final Cancellation cancellation;
    private final Duration timeout;
    private final Optional<Instant> deadline;
    private Inbound inbound;
    private @Nullable ScheduledFuture<?> timer;
    private Watcher watcher = new Watcher() {};
    private boolean over;

    /** What an exchange wants to know; called on the event loop. */
    interface Watcher {
        /** The deadline has passed; the visitor got a 504. */
        default void timedOut() {}

        /** The queue has room again. */
        default void room() {}

        /** The response is over: complete if the reason is null, else cut for that reason. */
        default void over(@Nullable String cut) {}
    }

    HandlerCall(ProxiedRequest request, ResponseSink sink, Executor executor, Duration timeout) {
        this.sink = sink;
        this.timeout = timeout;
        int query = request.target().indexOf('?');
        name = request.method() + " "
                + (query < 0 ? request.target() : request.target().substring(0, query));
        response = new ResponseQueue(sink, this);
        boolean expects = request.headers().contains(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true);
        body = new ReceivedBody(sink, request.endStream(), expects ? this::sendContinue : () -> {});
        inbound = body;
        cancellation = new Cancellation(executor);
        deadline =
                timeout.isZero() ? Optional.empty() : Optional.of(Instant.now().plus(timeout));
    }

    /** A handler that reads the body wants it; one that answers without reading does not. */
    private void sendContinue() {
        try {
            response.interim(CONTINUE, EmptyHttpHeaders.INSTANCE);
        } catch (IOException | IllegalStateException e) {
            // The visitor is gone, or has the answer already and knows from it what to do.
        }
    }

    /** Method and path, for messages. */
    String name() {
        return name;
    }

    ResponseSink sink() {
        return sink;
    }

    ReceivedBody body() {
        return body;
    }

    ResponseQueue response() {
        return response;
    }

    Cancellation cancellation() {
        return cancellation;
    }

    Optional<Instant> deadline() {
        return deadline;
    }

    void watcher(Watcher value) {
        watcher = value;
    }

    /** Begins to watch the deadline. */
    void startTimer() {
        if (!timeout.isZero()) {
            timer = sink.eventLoop().schedule(this::timedOut, timeout.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** From now on the request's bytes go there, first those that are here. */
    void redirect(Inbound next) {
        inbound = next;
        body.moveTo(next);
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        if (over) {
            int bytes = data.readableBytes();
            data.release();
            sink.consumed(bytes);
        } else {
            inbound.data(data, end);
        }
    }

    @Override
    public void trailers(Http2Headers trailers) {
        if (over) {
            return;
        }
        try {
            inbound.trailers(MessageHeads.fields(trailers));
        } catch (IllegalArgumentException e) {
            inbound.cut("The request's trailers are not legal in HTTP: " + e.getMessage());
        }
    }

    @Override
    public void cancel() {
        if (over) {
            return;
        }
        cancellation.cancel();
        response.abandon(VISITOR_GONE);
    }

    @Override
    public void writabilityChanged() {
        response.drain();
    }

    @Override
    public void flush() {
        // The handler was told of each part as it came; there is no socket to flush.
    }

    @Override
    public void goingAway() {
        if (!over) {
            inbound.goingAway();
        }
    }

    @Override
    public void begun() {
        stopTimer();
    }

    @Override
    public void room() {
        inbound.room();
        watcher.room();
    }

    @Override
    public void over(@Nullable String cut) {
        over = true;
        stopTimer();
        cancellation.over();
        if (cut == null) {
            inbound.responseComplete();
        } else {
            inbound.cut(cut);
        }
        watcher.over(cut);
    }

    private void timedOut() {
        String message = "The in-process handler did not begin its response to " + name + " within " + timeout
                + ". Raise responseTimeout in the rule's OriginOptions if it needs longer.";
        if (response.failUnlessBegun(OriginFailure.RESPONSE_TIMED_OUT, message)) {
            cancellation.cancel();
            watcher.timedOut();
        }
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
