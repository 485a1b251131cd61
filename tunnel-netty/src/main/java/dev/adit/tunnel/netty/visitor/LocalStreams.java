package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TunnelException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A pair of streams, such as standard input and output, as a local side. One thread reads, one piece at a time and only
 * when it is wanted; the thread in {@link #writeUntilEnd} writes; the rest belongs to the call's event loop.
 */
final class LocalStreams implements LocalSide {

    private static final int PIECE = WebSocketLink.MAX_MESSAGE;
    private static final long MAX_WAITING = 256 * 1024;

    /** What the writing thread is to do; exactly one field counts. */
    private record Task(@Nullable ByteBuf bytes, @Nullable RuntimeException failure) {}

    private final InputStream in;
    private final OutputStream out;
    private final EventLoop loop;
    private final BlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
    private final Semaphore wanted = new Semaphore(0);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    // For the event loop only.
    private @Nullable Listener listener;
    private boolean reading = true;
    private boolean asked;
    private boolean closed;
    private long waiting;

    LocalStreams(InputStream in, OutputStream out, EventLoop loop) {
        this.in = in;
        this.out = out;
        this.loop = loop;
    }

    @Override
    public void start(Listener told) {
        listener = told;
        Thread reader = new Thread(this::readOn, "adit-access-in");
        reader.setDaemon(true);
        reader.start();
        ask();
    }

    private void ask() {
        if (reading && !asked && listener != null) {
            asked = true;
            wanted.release();
        }
    }

    private void readOn() {
        try {
            byte[] piece = new byte[PIECE];
            for (int count = 0; count >= 0; ) {
                wanted.acquire();
                count = in.read(piece);
                byte[] bytes = count < 0 ? null : Arrays.copyOf(piece, count);
                loop.execute(() -> wasRead(bytes));
            }
        } catch (IOException e) {
            tell(() -> broke(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RejectedExecutionException e) {
            // The call is over and its loop gone.
        }
    }

    private void wasRead(byte @Nullable [] bytes) {
        asked = false;
        if (listener == null) {
            return;
        }
        if (bytes == null) {
            asked = true; // for good
            listener.localEnded();
            return;
        }
        listener.localRead(Unpooled.wrappedBuffer(bytes));
        if (listener != null) {
            listener.localReadComplete();
        }
        ask();
    }

    /**
     * Writes what comes of the service, on the calling thread.
     *
     * @throws RuntimeException the reason if the call was broken off
     * @throws InterruptedException if the thread is interrupted; what is left is given up
     */
    void writeUntilEnd() throws InterruptedException {
        try {
            while (true) {
                Task task = tasks.take();
                ByteBuf bytes = task.bytes();
                if (bytes != null) {
                    writeOut(bytes);
                } else if (task.failure() != null) {
                    throw task.failure();
                } else {
                    return;
                }
            }
        } catch (IOException e) {
            tell(() -> broke(e));
            throw new TunnelException(
                    "What the service sent cannot be written: " + e.getMessage() + ". Check who reads the output.", e);
        } finally {
            tell(() -> {
                closed = true;
                listener = null;
                giveUpTheRest();
            });
            ended.complete(null);
        }
    }

    private void writeOut(ByteBuf bytes) throws IOException {
        int count = bytes.readableBytes();
        try {
            bytes.readBytes(out, count);
        } finally {
            bytes.release();
        }
        if (tasks.isEmpty()) {
            out.flush();
        }
        tell(() -> written(count));
    }

    private void written(int count) {
        boolean was = isWritable();
        waiting -= count;
        if (!was && isWritable() && listener != null) {
            listener.localWritable();
        }
    }

    private void tell(Runnable news) {
        try {
            loop.execute(news);
        } catch (RejectedExecutionException e) {
            giveUpTheRest();
        }
    }

    private void giveUpTheRest() {
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
            if (task.bytes() != null) {
                task.bytes().release();
            }
        }
    }

    private void broke(IOException cause) {
        Listener told = listener;
        listener = null;
        if (told != null) {
            told.localGone(cause);
        }
    }

    @Override
    public CompletableFuture<Void> closed() {
        return ended;
    }

    @Override
    public boolean isWritable() {
        return waiting < MAX_WAITING;
    }

    @Override
    public void write(ByteBuf bytes) {
        if (closed) {
            bytes.release();
        } else {
            waiting += bytes.readableBytes();
            tasks.add(new Task(bytes, null));
        }
    }

    /** Does nothing: what is written is flushed when nothing more waits. */
    @Override
    public void flush() {}

    /** The service sends no more; so nobody waits for what the input may still bring, as with cloudflared. */
    @Override
    public void writeEnd() {
        Listener told = listener;
        close();
        if (told != null) {
            told.localEnded();
        }
    }

    @Override
    public void read(boolean on) {
        reading = on;
        ask();
    }

    @Override
    public void close() {
        finish(new Task(null, null));
    }

    @Override
    public void abort(RuntimeException reason) {
        if (!closed) {
            giveUpTheRest();
        }
        finish(new Task(null, reason));
    }

    private void finish(Task last) {
        listener = null;
        if (!closed) {
            closed = true;
            tasks.add(last);
        }
    }
}
