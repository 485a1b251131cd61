package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The response on its way from the handler, on any thread, to the sink, on the event loop. Body bytes leave it only while
 * the sink is writable; who writes is to wait while {@value #LIMIT} bytes are here. Keeps the order of a response: interim
 * heads, head, body, then exactly one end or failure.
 */
final class ResponseQueue {

    /** From how many bytes on writers wait. */
    static final int LIMIT = 64 * 1024;

    /** The largest piece of a body that is handed to the sink at once. */
    static final int CHUNK = 16 * 1024;

    /** How many bytes one turn of the event loop may take, so that a fast handler leaves time for other streams. */
    private static final int TURN = 256 * 1024;

    /** Told on the event loop how the response gets on. */
    interface Listener {
        /** The head was given to the sink. */
        void begun();

        /** Less than half of {@link #LIMIT} is here. */
        void room();

        /** The response is over: complete if the reason is null, else cut for that reason. Called once. */
        void over(@Nullable String cut);
    }

    private final ResponseSink sink;
    private final Listener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final Deque<ResponsePart> parts = new ArrayDeque<>();
    private int bytes;
    private boolean begun;
    private boolean ended;
    private boolean scheduled;
    private boolean roomWanted;
    private @Nullable String broken;
    // Used on the event loop alone:
    private boolean draining;
    private boolean over;

    ResponseQueue(ResponseSink sink, Listener listener) {
        this.sink = sink;
        this.listener = listener;
    }

    /**
     * Queues an interim head.
     *
     * @throws IllegalStateException if the response has begun
     * @throws IOException if nobody takes it
     */
    void interim(int status, HttpHeaders headers) throws IOException {
        lock.lock();
        try {
            if (begun) {
                throw new IllegalStateException("The response has begun, so no interim response can be sent any more.");
            }
            check();
            add(new ResponsePart.Interim(status, headers));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues the head and what is at hand of the body.
     *
     * @param data this <em>takes ownership</em>, also when it throws
     * @param end whether that is all
     * @throws IllegalStateException if a response has begun
     * @throws IOException if nobody takes it
     */
    void begin(int status, HttpHeaders headers, ByteBuf data, boolean end) throws IOException {
        lock.lock();
        try {
            if (begun) {
                data.release();
                throw new IllegalStateException("A response has begun already; one request has one response.");
            }
            checkOrRelease(data);
            begun = true;
            ended = end;
            boolean empty = !data.isReadable();
            add(new ResponsePart.Head(status, headers, end && empty));
            if (empty) {
                data.release();
            } else {
                bytes += data.readableBytes();
                add(new ResponsePart.Body(data, end));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues a whole response. The body is not copied now but piece by piece as the sink takes it.
     *
     * @throws IllegalStateException if a response has begun
     * @throws IOException if nobody takes it
     */
    void beginWhole(int status, HttpHeaders headers, byte[] body) throws IOException {
        lock.lock();
        try {
            begin(status, headers, Unpooled.EMPTY_BUFFER, body.length == 0);
            if (body.length > 0) {
                ended = true;
                add(new ResponsePart.Rest(body, 0));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues body bytes; never waits.
     *
     * @param data this <em>takes ownership</em>, also when it throws
     * @throws IOException if nobody takes it
     */
    void data(ByteBuf data) throws IOException {
        lock.lock();
        try {
            checkOrRelease(data);
            if (ended || !begun) {
                data.release();
                throw new IOException("The response is complete.");
            }
            bytes += data.readableBytes();
            add(new ResponsePart.Body(data, false));
        } finally {
            lock.unlock();
        }
    }

    /** Completes the response, with trailers if there are any; does nothing if it is over already. */
    void end(HttpHeaders trailers) {
        lock.lock();
        try {
            if (!begun || ended || broken != null) {
                return;
            }
            ended = true;
            if (trailers.isEmpty() && parts.peekLast() instanceof ResponsePart.Body last) {
                parts.removeLast();
                add(new ResponsePart.Body(last.data(), true));
            } else {
                add(new ResponsePart.Trailers(trailers));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Fails the response: with the failure's status before it has begun, else by breaking it off.
     *
     * @return whether it did; false if the response was complete or broken off before
     */
    boolean fail(OriginFailure kind, String message, @Nullable Throwable cause) {
        return fail(kind, message, cause, false);
    }

    /** As {@link #fail} but only if the response has not begun. */
    boolean failUnlessBegun(OriginFailure kind, String message) {
        return fail(kind, message, null, true);
    }

    private boolean fail(OriginFailure kind, String message, @Nullable Throwable cause, boolean unlessBegun) {
        lock.lock();
        try {
            if (ended || broken != null || (unlessBegun && begun)) {
                return false;
            }
            broken = message;
            add(new ResponsePart.Failure(begun ? OriginFailure.RESPONSE_CUT_SHORT : kind, message, cause));
            room.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until less than {@link #LIMIT} is queued. */
    void awaitRoom() throws IOException {
        lock.lock();
        try {
            while (bytes >= LIMIT && broken == null) {
                roomWanted = true;
                room.await();
            }
            check();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while waiting for the visitor to take the response.");
        } finally {
            lock.unlock();
        }
    }

    /** Whether less than {@link #LIMIT} is queued; if not, {@link Listener#room} will be called. */
    boolean hasRoom() {
        lock.lock();
        try {
            roomWanted |= bytes >= LIMIT;
            return bytes < LIMIT;
        } finally {
            lock.unlock();
        }
    }

    /** Whether nobody takes the response any more. */
    boolean isBroken() {
        lock.lock();
        try {
            return broken != null;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody takes the response any more. On the event loop. */
    void abandon(String reason) {
        lock.lock();
        try {
            drop(reason);
        } finally {
            lock.unlock();
        }
        over(reason);
    }

    /** Gives the sink what it takes. On the event loop. */
    void drain() {
        if (draining) {
            return;
        }
        draining = true;
        boolean wrote = false;
        int turn = 0;
        try {
            for (ResponsePart part = next(turn); part != null; part = next(turn)) {
                turn += part instanceof ResponsePart.Body body ? body.data().readableBytes() : 0;
                wrote = true;
                write(part);
            }
        } finally {
            draining = false;
        }
        if (wrote) {
            sink.flush();
        }
    }

    private @Nullable ResponsePart next(int turn) {
        boolean writable = sink.isWritable();
        boolean roomAgain = false;
        ResponsePart next;
        lock.lock();
        try {
            next = parts.peek();
            boolean isBody = next instanceof ResponsePart.Body || next instanceof ResponsePart.Rest;
            if (isBody && broken == null && (!writable || turn >= TURN)) {
                scheduled = false;
                if (writable) {
                    schedule();
                }
                return null;
            }
            while (next instanceof ResponsePart.Body body && !writable) { // it broke: what does not go at once is lost
                parts.remove();
                bytes -= body.data().readableBytes();
                body.data().release();
                next = parts.peek();
            }
            if (next == null) {
                scheduled = false;
                return null;
            }
            parts.remove();
            if (next instanceof ResponsePart.Rest rest) {
                return piece(rest);
            }
            if (next instanceof ResponsePart.Body body) {
                bytes -= body.data().readableBytes();
                if (roomWanted && bytes <= LIMIT / 2) {
                    roomWanted = false;
                    roomAgain = true;
                    room.signalAll();
                }
            }
        } finally {
            lock.unlock();
        }
        if (roomAgain) {
            listener.room();
        }
        return next;
    }

    /** The lock is held. */
    private ResponsePart.Body piece(ResponsePart.Rest rest) {
        int to = Math.min(rest.from() + CHUNK, rest.body().length);
        boolean last = to == rest.body().length;
        if (!last) {
            parts.addFirst(new ResponsePart.Rest(rest.body(), to));
        }
        return new ResponsePart.Body(Unpooled.wrappedBuffer(Arrays.copyOfRange(rest.body(), rest.from(), to)), last);
    }

    private void write(ResponsePart part) {
        if (part instanceof ResponsePart.Interim interim) {
            sink.interim(interim.status(), interim.headers());
        } else if (part instanceof ResponsePart.Head head) {
            sink.head(head.status(), head.headers(), head.end());
            listener.begun();
            overIf(head.end());
        } else if (part instanceof ResponsePart.Body body) {
            sink.data(body.data(), body.end());
            overIf(body.end());
        } else if (part instanceof ResponsePart.Trailers trailers) {
            if (trailers.fields().isEmpty()) {
                sink.data(Unpooled.EMPTY_BUFFER, true);
            } else {
                sink.trailers(trailers.fields());
            }
            overIf(true);
        } else if (part instanceof ResponsePart.Failure failure) {
            sink.fail(failure.kind(), failure.message(), failure.cause());
            over(failure.message());
        }
    }

    private void overIf(boolean end) {
        if (end) {
            over(null);
        }
    }

    private void over(@Nullable String cut) {
        if (!over) {
            over = true;
            listener.over(cut);
        }
    }

    private void checkOrRelease(ByteBuf data) throws IOException {
        if (broken != null) {
            data.release();
            check();
        }
    }

    private void check() throws IOException {
        if (broken != null) {
            throw new IOException(broken);
        }
    }

    private void add(ResponsePart part) {
        parts.add(part);
        schedule();
    }

    /** The lock is held. */
    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            if (!LoopTasks.execute(sink.eventLoop(), this::drain)) {
                drop("The tunnel is closed.");
            }
        }
    }

    /** The lock is held. */
    private void drop(String reason) {
        if (broken == null) {
            broken = reason;
        }
        for (ResponsePart part : parts) {
            if (part instanceof ResponsePart.Body body) {
                body.data().release();
            }
        }
        parts.clear();
        bytes = 0;
        room.signalAll();
    }
}
