package dev.adit.tunnel.netty.origin.handler;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The request's body for an asynchronous handler, by the rules of Reactive Streams. Everything but {@link #subscribe} and
 * the subscription's two methods runs on the exchange's serial executor, one after the other.
 */
final class BodyPublisher implements Flow.Publisher<ByteBuffer> {

    private final ReceivedBody body;
    private final SerialExecutor serial;
    private final Consumer<Throwable> handlerFailed;
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private volatile boolean over;
    private Flow.@Nullable Subscriber<? super ByteBuffer> subscriber;
    private long demand;

    BodyPublisher(ReceivedBody body, SerialExecutor serial, Consumer<Throwable> handlerFailed) {
        this.body = body;
        this.serial = serial;
        this.handlerFailed = handlerFailed;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> value) {
        Objects.requireNonNull(value, "subscriber");
        if (subscribed.compareAndSet(false, true)) {
            serial.execute(() -> begin(value));
        } else {
            serial.execute(() -> guarded(() -> refuse(value)));
        }
    }

    private void begin(Flow.Subscriber<? super ByteBuffer> value) {
        subscriber = value;
        guarded(() -> value.onSubscribe(new Demand()));
        deliver();
    }

    private static void refuse(Flow.Subscriber<? super ByteBuffer> value) {
        value.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long items) {}

            @Override
            public void cancel() {}
        });
        value.onError(new IllegalStateException("A request's body has one subscriber, and it has one already."));
    }

    /** Signals what is here as far as it was asked for. */
    void deliver() {
        Flow.Subscriber<? super ByteBuffer> told = subscriber;
        if (told == null) {
            return;
        }
        try {
            while (!over && demand > 0) {
                ByteBuf piece = body.poll();
                if (piece == null) {
                    break;
                }
                demand--;
                ByteBuffer own = copy(piece);
                guarded(() -> told.onNext(own));
            }
            if (!over && body.isAtEnd()) {
                over = true;
                guarded(told::onComplete);
            } else if (!over && demand == 0) {
                body.checkNotCut();
            }
        } catch (IOException e) {
            fail(told, e);
        }
    }

    private ByteBuffer copy(ByteBuf piece) {
        int bytes = piece.readableBytes();
        ByteBuffer own = ByteBuffer.allocate(bytes);
        piece.readBytes(own).release();
        body.taken(bytes);
        return own.flip();
    }

    private void fail(Flow.Subscriber<? super ByteBuffer> told, Throwable cause) {
        if (!over) {
            over = true;
            guarded(() -> told.onError(cause));
        }
    }

    /** A subscriber that throws broke the rules: it gets nothing more, and its exchange fails. */
    private void guarded(Runnable signal) {
        try {
            signal.run();
        } catch (Throwable e) {
            over = true;
            handlerFailed.accept(e);
        }
    }

    private final class Demand implements Flow.Subscription {

        @Override
        public void request(long items) {
            serial.execute(() -> {
                if (items <= 0) {
                    Flow.Subscriber<? super ByteBuffer> told = subscriber;
                    if (told != null) {
                        fail(told, new IllegalArgumentException("request(" + items + ") (expected: > 0)"));
                    }
                    body.drop("The subscriber broke the rules of Reactive Streams.");
                    return;
                }
                demand = demand + items < 0 ? Long.MAX_VALUE : demand + items;
                deliver();
            });
        }

        @Override
        public void cancel() {
            over = true;
            serial.execute(() -> {
                subscriber = null;
                body.drop("The subscriber cancelled.");
            });
        }
    }
}
