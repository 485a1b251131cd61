package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The response's body from a blocking handler. Copies what is written once, into pieces of 16 KiB; a smaller piece that a
 * flush sends is copied twice. Waits while the queue is full.
 *
 * <p>With a declared length, closing completes the response, since nothing can be missing. Without one it waits for the
 * handler to return: a try-with-resources closes the stream also when the handler has just failed, and the response would
 * look complete.
 */
final class BodyOutput extends OutputStream {

    /** What may be written. */
    enum Kind {
        /** Bytes go to the visitor. */
        BODY,
        /** The answer to HEAD: bytes are swallowed. */
        HEAD,
        /** 204 or 304: there must be none. */
        EMPTY
    }

    private final ResponseQueue response;
    private final BlockingExchange exchange;
    private final Kind kind;
    private final long declared;
    private final ReentrantLock use = new ReentrantLock();
    private byte @Nullable [] piece;
    private int filled;
    private long written;
    private boolean closed;

    /**
     * Makes the stream of a response that has begun.
     *
     * @param declared its Content-Length, -1 for none
     */
    BodyOutput(BlockingExchange exchange, ResponseQueue response, Kind kind, long declared) {
        this.exchange = exchange;
        this.response = response;
        this.kind = kind;
        this.declared = kind == Kind.BODY ? declared : -1;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, from.length);
        use.lock();
        try {
            if (closed) {
                throw new IOException("The response's body is closed.");
            }
            if (length == 0 || kind == Kind.HEAD) {
                return;
            }
            checkLength(length);
            int done = 0;
            while (done < length) {
                byte[] to = piece;
                if (to == null) {
                    to = new byte[ResponseQueue.CHUNK];
                    piece = to;
                }
                int bytes = Math.min(length - done, to.length - filled);
                System.arraycopy(from, offset + done, to, filled, bytes);
                filled += bytes;
                done += bytes;
                if (filled == to.length) {
                    send();
                }
            }
            written += length;
        } finally {
            use.unlock();
        }
    }

    @Override
    public void flush() throws IOException {
        use.lock();
        try {
            if (!closed) {
                send();
            }
        } finally {
            use.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        use.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (declared > written) {
                String message = "The in-process handler closed its response to " + exchange + " after " + written
                        + " bytes, but declared Content-Length: " + declared + ". Write as many bytes as declared.";
                response.fail(OriginFailure.HANDLER_FAILED, message, null);
                throw new IOException(message);
            }
            send();
            if (declared >= 0) {
                response.end(exchange.trailersToSend());
            }
        } finally {
            use.unlock();
        }
    }

    /** Whether nothing more can be written. */
    boolean isClosed() {
        use.lock();
        try {
            return closed;
        } finally {
            use.unlock();
        }
    }

    /** The handler has returned normally: completes the response if it was closed, or has all the bytes it declared. */
    void handlerReturned() throws IOException {
        if (use.tryLock()) { // else another thread still writes, which it must not
            try {
                if (!closed && declared >= 0 && declared == written) {
                    close();
                }
                if (closed || kind != Kind.BODY) {
                    closed = true;
                    response.end(exchange.trailersToSend());
                    return;
                }
            } finally {
                use.unlock();
            }
        }
        response.fail(
                OriginFailure.HANDLER_FAILED,
                "The in-process handler for " + exchange + " returned without closing its response's stream, so it is"
                        + " taken to be incomplete. Close it, best by try-with-resources.",
                null);
    }

    private void checkLength(int more) throws IOException {
        if (kind == Kind.EMPTY) {
            throw new IOException("A response with this status has no body. Close the stream without writing.");
        }
        if (declared >= 0 && more > declared - written) {
            String message = "The in-process handler wrote more than it declared for " + exchange + " (Content-Length: "
                    + declared + "). Write as many bytes as declared, or declare none.";
            response.fail(OriginFailure.HANDLER_FAILED, message, null);
            throw new IOException(message);
        }
    }

    /** Gives what is buffered to the queue. A piece that is mostly empty is kept and its bytes are copied. */
    private void send() throws IOException {
        byte[] full = piece;
        if (full == null || filled == 0) {
            return;
        }
        response.awaitRoom();
        if (filled > full.length / 2) {
            piece = null;
            response.data(Unpooled.wrappedBuffer(full, 0, filled));
        } else {
            response.data(Unpooled.wrappedBuffer(Arrays.copyOf(full, filled)));
        }
        filled = 0;
    }
}
