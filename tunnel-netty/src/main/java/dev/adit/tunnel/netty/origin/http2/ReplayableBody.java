package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.RequestBody;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A request's body that can be written a second time while it is small. Servers that end a connection in peace leave out
 * the requests that crossed their GOAWAY, and those have often written a short body already.
 */
final class ReplayableBody {

    /** Bytes kept for a second attempt. */
    static final int MAX_KEPT = 64 * 1024;

    /** Pieces kept; each may hold on to a whole buffer of the tunnel connection. */
    private static final int MAX_PIECES = 16;

    private final RequestBody body;
    private final Deque<ByteBuf> kept = new ArrayDeque<>();
    private final Deque<ByteBuf> again = new ArrayDeque<>();
    private int keptBytes;
    private boolean written;
    private boolean replayable = true;

    ReplayableBody(RequestBody body) {
        this.body = body;
    }

    /** Takes a piece and ownership of it. */
    void add(ByteBuf data, boolean end) throws OriginException {
        body.add(data, end);
    }

    void end() throws OriginException {
        body.end();
    }

    boolean hasEnded() {
        return body.hasEnded();
    }

    boolean isEmpty() {
        return body.isEmpty();
    }

    /** Whether any of it was taken out. */
    boolean hasBegun() {
        return written;
    }

    /** Takes out what is to be written next, null if nothing waits; <em>returns ownership</em>. */
    @Nullable
    ByteBuf poll() {
        @Nullable ByteBuf second = again.poll();
        if (second != null) {
            return second;
        }
        @Nullable ByteBuf data = body.poll();
        if (data != null) {
            written = true;
            body.written(data.readableBytes());
            keep(data);
        }
        return data;
    }

    private void keep(ByteBuf data) {
        if (!replayable) {
            return;
        }
        if (kept.size() == MAX_PIECES || keptBytes + data.readableBytes() > MAX_KEPT) {
            forget();
        } else {
            keptBytes += data.readableBytes();
            kept.add(data.retainedDuplicate());
        }
    }

    /** Whether it can be written from its beginning once more. */
    boolean isReplayable() {
        return replayable;
    }

    /** Begins anew. Once only, and only if {@link #isReplayable}. */
    void rewind() {
        again.addAll(kept);
        kept.clear();
        replayable = false;
    }

    /** There will be no second attempt. */
    void forget() {
        replayable = false;
        release(kept);
    }

    int takeCredit() {
        return body.takeCredit();
    }

    /** Drops everything; what waits counts as taken. */
    void drop() {
        forget();
        release(again);
        body.drop();
    }

    private static void release(Deque<ByteBuf> pieces) {
        pieces.forEach(ByteBuf::release);
        pieces.clear();
    }
}
