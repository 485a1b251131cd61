package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The request's body for a blocking handler. The edge gets credit for a piece once it has been read to its end. */
final class BodyInput extends InputStream {

    private final ReceivedBody body;
    private final ReentrantLock use = new ReentrantLock();
    private @Nullable ByteBuf current;
    private int currentSize;
    private boolean atEnd;

    BodyInput(ReceivedBody body) {
        this.body = body;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        use.lock();
        try {
            ByteBuf from = piece();
            if (from == null) {
                return -1;
            }
            int bytes = Math.min(length, from.readableBytes());
            from.readBytes(to, offset, bytes);
            if (!from.isReadable()) {
                release();
            }
            return bytes;
        } finally {
            use.unlock();
        }
    }

    @Override
    public int available() {
        use.lock();
        try {
            return current == null ? 0 : current.readableBytes();
        } finally {
            use.unlock();
        }
    }

    /** Drops what has not been read; the visitor is not asked for more. */
    @Override
    public void close() {
        close("The request's body was closed.");
    }

    /** Makes reads fail for that reason from now on, also one that waits. */
    void close(String reason) {
        body.drop(reason);
        use.lock();
        try {
            if (current != null) {
                current.release();
                current = null;
            }
        } finally {
            use.unlock();
        }
    }

    /** The trailers, once the body was read to its end. */
    HeaderFields trailers() {
        use.lock();
        try {
            return atEnd || (body.isAtEnd() && current == null) ? body.trailers() : HeaderFields.empty();
        } finally {
            use.unlock();
        }
    }

    private @Nullable ByteBuf piece() throws IOException {
        if (atEnd) {
            return null;
        }
        if (current != null) {
            body.checkNotDropped();
            return current;
        }
        ByteBuf next = body.take();
        if (next == null) {
            atEnd = true;
        } else {
            currentSize = next.readableBytes();
        }
        current = next;
        return next;
    }

    private void release() {
        ByteBuf done = current;
        current = null;
        if (done != null) {
            done.release();
            body.taken(currentSize);
        }
    }
}
