package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Takes a response's body from the application's publisher, one item at a time, and asks for the next while the queue has
 * room. Signals may come on any thread, one after the other; requests are made on the exchange's serial executor.
 */
final class BodySubscriber implements Flow.Subscriber<ByteBuffer> {

    private final String name;
    private final ResponseQueue response;
    private final SerialExecutor serial;
    private final CompletableFuture<HeaderFields> trailers;
    private final long declared;
    private final boolean bodiless;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Flow.@Nullable Subscription subscription;
    private long received;
    private boolean waiting;
    private boolean over;

    BodySubscriber(
            HandlerCall call,
            SerialExecutor serial,
            CompletableFuture<HeaderFields> trailers,
            long declared,
            boolean bodiless) {
        name = call.name();
        response = call.response();
        this.serial = serial;
        this.trailers = trailers;
        this.declared = declared;
        this.bodiless = bodiless;
    }

    @Override
    public void onSubscribe(Flow.Subscription value) {
        Objects.requireNonNull(value, "subscription");
        boolean refused;
        lock.lock();
        try {
            refused = subscription != null || over || bodiless;
            if (subscription == null) {
                subscription = value;
            }
        } finally {
            lock.unlock();
        }
        if (refused) {
            value.cancel();
        } else {
            next();
        }
    }

    @Override
    public void onNext(ByteBuffer item) {
        int bytes = item.remaining();
        lock.lock();
        try {
            if (over || bodiless) {
                return;
            }
            received += bytes;
        } finally {
            lock.unlock();
        }
        if (declared >= 0 && received > declared) {
            fail("published more than it declared (Content-Length: " + declared + ")", null);
            return;
        }
        try {
            for (int from = 0; from < bytes; from += ResponseQueue.CHUNK) {
                int length = Math.min(ResponseQueue.CHUNK, bytes - from);
                response.data(Unpooled.wrappedBuffer(item.slice(item.position() + from, length)));
            }
        } catch (IOException e) {
            cancel();
            return;
        }
        next();
    }

    @Override
    public void onError(Throwable cause) {
        fail("published an error", Objects.requireNonNull(cause, "cause"));
    }

    @Override
    public void onComplete() {
        if (bodiless || !finish()) {
            return;
        }
        if (declared >= 0 && received < declared) {
            broken("published " + received + " bytes, but declared Content-Length: " + declared, null);
            return;
        }
        trailers.whenComplete((fields, cause) -> {
            if (cause != null) {
                broken("did not give its trailers", cause);
            } else {
                response.end(MessageHeads.http(fields == null ? HeaderFields.empty() : fields));
            }
        });
    }

    /** The queue has room again: asks for what it had no room for. On the event loop. */
    void room() {
        boolean ask;
        lock.lock();
        try {
            ask = waiting && !over;
            waiting = false;
        } finally {
            lock.unlock();
        }
        if (ask) {
            request();
        }
    }

    /** Nobody takes the response any more. */
    void cancel() {
        if (finish()) {
            Flow.Subscription cancelled = subscription;
            if (cancelled != null) {
                serial.execute(cancelled::cancel);
            }
        }
    }

    private void next() {
        lock.lock();
        try {
            if (!response.hasRoom()) {
                waiting = true;
                return;
            }
        } finally {
            lock.unlock();
        }
        request();
    }

    private void request() {
        Flow.Subscription asked = subscription;
        if (asked != null) {
            serial.execute(() -> asked.request(1));
        }
    }

    private void fail(String what, @Nullable Throwable cause) {
        cancel();
        broken(what, cause);
    }

    private void broken(String what, @Nullable Throwable cause) {
        response.fail(
                OriginFailure.HANDLER_FAILED, "The in-process handler's body for " + name + " " + what + ".", cause);
    }

    /** Returns whether this was the first end. */
    private boolean finish() {
        lock.lock();
        try {
            boolean first = !over;
            over = true;
            return first;
        } finally {
            lock.unlock();
        }
    }
}
