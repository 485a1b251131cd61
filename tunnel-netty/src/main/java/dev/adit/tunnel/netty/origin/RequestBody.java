package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What came of a request's body and was not written yet, and the accounts: bytes announced against bytes received, bytes
 * written against bytes that the visitor got credit for. Flow control bounds what can wait to one stream window.
 */
final class RequestBody {

    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private final long announced;
    private long received;
    private int uncredited;
    private boolean ended;

    /**
     * Begins empty.
     *
     * @param announced the content length, -1 if none was given
     * @param ended whether nothing follows
     */
    RequestBody(long announced, boolean ended) {
        this.announced = announced;
        this.ended = ended;
    }

    /**
     * Takes a piece.
     *
     * @param data <em>takes ownership</em>, also when it throws
     * @throws OriginException if the body is longer, or with its end shorter, than announced
     */
    void add(ByteBuf data, boolean end) throws OriginException {
        received += data.readableBytes();
        if (data.isReadable()) {
            waiting.add(data);
        } else {
            data.release();
        }
        if (announced >= 0 && received > announced) {
            throw RequestHead.invalid("has a body longer than the " + announced + " bytes it announced");
        }
        if (end) {
            end();
        }
    }

    /** The body is complete. */
    void end() throws OriginException {
        ended = true;
        if (announced >= 0 && received < announced) {
            throw RequestHead.invalid("has a body of " + received + " bytes but announced " + announced);
        }
    }

    /** Whether the visitor has sent all of it. */
    boolean hasEnded() {
        return ended;
    }

    /** Whether it is known to hold nothing. */
    boolean isEmpty() {
        return ended && received == 0;
    }

    /** Takes out what waits longest, null if nothing does; <em>returns ownership</em>. */
    @Nullable
    ByteBuf poll() {
        return waiting.poll();
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** Notes bytes that went to the origin's connection. */
    void written(int bytes) {
        uncredited += bytes;
    }

    /** Bytes to give credit for now. */
    int takeCredit() {
        int credit = uncredited;
        uncredited = 0;
        return credit;
    }

    /** Drops what waits; it counts as taken. */
    void drop() {
        @Nullable ByteBuf data = waiting.poll();
        while (data != null) {
            uncredited += data.readableBytes();
            data.release();
            data = waiting.poll();
        }
    }
}
