package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The request's body on its way from the event loop, which puts, to the handler, which takes. What is held is bounded by
 * the stream's window, since the edge gets credit only for what was taken.
 */
final class ReceivedBody implements Inbound {

    private final ResponseSink sink;
    private final Runnable wanted;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Queue<ByteBuf> chunks = new ArrayDeque<>();
    private final AtomicInteger credit = new AtomicInteger();
    private HeaderFields trailers = HeaderFields.empty();
    private boolean asked;
    private boolean complete;
    private boolean dropped;
    private @Nullable String broken;
    private Runnable listener = () -> {};

    /**
     * Makes an empty body.
     *
     * @param complete whether nothing comes
     * @param wanted run once, by the thread that takes, when it wants bytes before the first of them is here
     */
    ReceivedBody(ResponseSink sink, boolean complete, Runnable wanted) {
        this.sink = sink;
        this.complete = complete;
        this.wanted = wanted;
    }

    /** Says that the body is wanted, if it has to be said. Not under the lock: the answer has a lock of its own. */
    private void ask() {
        lock.lock();
        try {
            if (asked || complete || dropped || !chunks.isEmpty()) {
                return;
            }
            asked = true;
        } finally {
            lock.unlock();
        }
        wanted.run();
    }

    /** Sets what is called, on the event loop or the thread that drops, when there is something new. */
    void listener(Runnable value) {
        listener = value;
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        lock.lock();
        try {
            if (dropped || !data.isReadable()) {
                data.release();
            } else {
                asked = true; // a visitor who sends without being asked need not be
                chunks.add(data);
            }
            complete |= end;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    @Override
    public void trailers(HeaderFields fields) {
        lock.lock();
        try {
            trailers = fields;
            complete = true;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    @Override
    public void cut(String reason) {
        drop(reason);
    }

    /** What is here can still be taken; a handler that wants more than came is told that it does not come. */
    @Override
    public void responseComplete() {
        lock.lock();
        try {
            if (!complete && broken == null) {
                broken = "The response is complete, so the rest of the request's body is not taken any more."
                        + " Read the body before the response ends.";
            }
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    /** Releases what is held and takes nothing more; whoever waits is told the reason. From any thread. */
    void drop(String reason) {
        lock.lock();
        try {
            dropped = true;
            if (broken == null) {
                broken = reason;
            }
            chunks.forEach(ByteBuf::release);
            chunks.clear();
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    /** Hands everything on to the next in line. On the event loop. */
    void moveTo(Inbound next) {
        Queue<ByteBuf> held;
        boolean end;
        String cutBefore;
        lock.lock();
        try {
            held = new ArrayDeque<>(chunks);
            chunks.clear();
            end = complete;
            cutBefore = broken;
            dropped = true;
        } finally {
            lock.unlock();
        }
        held.forEach(data -> next.data(data, false));
        if (cutBefore != null) {
            next.cut(cutBefore);
        } else if (end) {
            next.data(Unpooled.EMPTY_BUFFER, true);
        }
    }

    /**
     * Takes the next bytes; waits for them.
     *
     * @return the caller <em>gets ownership</em> and tells {@link #taken}; null at the end of a complete body
     * @throws IOException if the body was cut or dropped
     */
    @Nullable
    ByteBuf take() throws IOException {
        ask();
        lock.lock();
        try {
            while (chunks.isEmpty()) {
                if (endReached()) {
                    return null;
                }
                arrived.await();
            }
            return chunks.poll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while waiting for the request's body.");
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #take} but without waiting: null, too, when nothing is here yet. */
    @Nullable
    ByteBuf poll() throws IOException {
        ask();
        lock.lock();
        try {
            checkNotCut();
            return chunks.poll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether everything of a complete body was taken. */
    boolean isAtEnd() {
        lock.lock();
        try {
            return complete && chunks.isEmpty() && broken == null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Throws if what was taken is of no use any more either.
     *
     * @throws IOException if the body was cut or dropped
     */
    void checkNotDropped() throws IOException {
        lock.lock();
        try {
            if (dropped) {
                endReached();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Throws if nothing is here and nothing more comes of a body that is not complete.
     *
     * @throws IOException if the body was cut or dropped
     */
    void checkNotCut() throws IOException {
        lock.lock();
        try {
            if (chunks.isEmpty()) {
                endReached();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why no more comes, null if all is well. */
    @Nullable
    String broken() {
        lock.lock();
        try {
            return broken;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the request has come in whole, taken or not. */
    boolean isComplete() {
        lock.lock();
        try {
            return complete;
        } finally {
            lock.unlock();
        }
    }

    /** What follows is no body: drops it and looks empty. */
    void ignore() {
        lock.lock();
        try {
            complete = true;
            dropped = true;
        } finally {
            lock.unlock();
        }
    }

    /** The trailers, empty until they are here. */
    HeaderFields trailers() {
        lock.lock();
        try {
            return trailers;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the edge credit for bytes that were taken. From any thread. */
    void taken(int bytes) {
        if (bytes > 0 && credit.getAndAdd(bytes) == 0) {
            LoopTasks.execute(sink.eventLoop(), () -> sink.consumed(credit.getAndSet(0)));
        }
    }

    private boolean endReached() throws IOException {
        if (broken != null) {
            throw new IOException(broken);
        }
        return complete;
    }
}
