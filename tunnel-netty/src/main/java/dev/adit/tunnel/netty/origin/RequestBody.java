package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What came of a request's body and was not written yet, and the accounts: bytes announced against bytes received, bytes
 * written against bytes that the visitor got credit for. Flow control bounds what can wait to one stream window.
 */
public final class RequestBody {

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
    public RequestBody(long announced, boolean ended) {
        this.announced = announced;
        this.ended = ended;
    }

    /**
     * Takes a piece.
     *
     * @param data <em>takes ownership</em>, also when it throws
     * @throws OriginException if the body is longer, or with its end shorter, than announced
     */
    public void add(ByteBuf data, boolean end) throws OriginException {
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

    /**
     * The body is complete.
     *
     * @throws OriginException if it is shorter than announced
     */
    public void end() throws OriginException {
        ended = true;
        if (announced >= 0 && received < announced) {
            throw RequestHead.invalid("has a body of " + received + " bytes but announced " + announced);
        }
    }

    /**
     * Tells whether the visitor has sent all of it.
     *
     * @return whether nothing follows
     */
    public boolean hasEnded() {
        return ended;
    }

    /**
     * Tells whether it is known to hold nothing.
     *
     * @return whether it ended without a byte
     */
    public boolean isEmpty() {
        return ended && received == 0;
    }

    /**
     * Takes out what waits longest.
     *
     * @return null if nothing waits; <em>returns ownership</em>
     */
    public @Nullable ByteBuf poll() {
        return waiting.poll();
    }

    /**
     * Tells whether there is something to write.
     *
     * @return whether {@link #poll} has a piece
     */
    public boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /**
     * Notes bytes that went to the origin's connection.
     *
     * @param bytes how many
     */
    public void written(int bytes) {
        uncredited += bytes;
    }

    /**
     * Takes out the bytes to give credit for now.
     *
     * @return how many
     */
    public int takeCredit() {
        int credit = uncredited;
        uncredited = 0;
        return credit;
    }

    /** Drops what waits; it counts as taken. */
    public void drop() {
        @Nullable ByteBuf data = waiting.poll();
        while (data != null) {
            uncredited += data.readableBytes();
            data.release();
            data = waiting.poll();
        }
    }
}
