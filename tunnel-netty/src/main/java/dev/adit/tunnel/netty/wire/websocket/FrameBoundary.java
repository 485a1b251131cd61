package dev.adit.tunnel.netty.wire.websocket;

import io.netty.buffer.ByteBuf;

/**
 * Follows where frames begin and end in one direction of a WebSocket that is passed on as it is. Reads the heads alone
 * and keeps nothing of the payload, so that it costs a few octets a frame (RFC 6455 section 5.2). A stream that is no
 * WebSocket leads it astray and nothing else.
 */
public final class FrameBoundary {

    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    /** Octets of the current frame that are still to come, of which we need to see none. */
    private long toSkip;

    /** How many octets of the current head are here; 0 between frames. */
    private int headSeen;

    /** Octets of the head that hold an extended length and are still to come. */
    private int lengthToCome;

    private long length;
    private boolean masked;
    private boolean closeSeen;

    /** Makes one for a direction of which nothing has passed. */
    public FrameBoundary() {}

    /**
     * Follows octets that pass.
     *
     * @param data borrowed; its indices stay as they are
     */
    public void pass(ByteBuf data) {
        int end = data.writerIndex();
        for (int at = data.readerIndex(); at < end; ) {
            at = step(data, at, end);
        }
    }

    /**
     * Follows octets up to the end of the first frame that ends in them.
     *
     * @param data borrowed; its indices stay as they are
     * @return how many of its octets belong to that frame and what came before; all of them if no frame ends there
     */
    public int passToBoundary(ByteBuf data) {
        int end = data.writerIndex();
        int at = data.readerIndex();
        while (at < end) {
            at = step(data, at, end);
            if (isBoundary()) {
                break;
            }
        }
        return at - data.readerIndex();
    }

    /**
     * Tells whether a frame may be put in here.
     *
     * @return whether what has passed ends with a whole frame, or nothing has
     */
    public boolean isBoundary() {
        return headSeen == 0 && toSkip == 0;
    }

    /**
     * Tells whether a close frame has begun, after which there must be no other.
     *
     * @return whether the sender has closed
     */
    public boolean isClosed() {
        return closeSeen;
    }

    /** Takes what is left of a payload, or one octet of a head. */
    private int step(ByteBuf data, int at, int end) {
        if (toSkip > 0) {
            int skipped = (int) Math.min(toSkip, end - at);
            toSkip -= skipped;
            return at + skipped;
        }
        head(data.getByte(at) & 0xFF);
        return at + 1;
    }

    private void head(int octet) {
        if (headSeen == 0) {
            headSeen = 1;
            closeSeen |= (octet & 0x0F) == WebSocketFrames.CLOSE;
            return;
        }
        if (headSeen == 1) {
            headSeen = 2;
            masked = (octet & 0x80) != 0;
            int shortLength = octet & 0x7F;
            lengthToCome = shortLength == LENGTH_16 ? Short.BYTES : shortLength == LENGTH_64 ? Long.BYTES : 0;
            length = lengthToCome == 0 ? shortLength : 0;
        } else {
            length = length << 8 | octet;
            lengthToCome--;
        }
        if (lengthToCome == 0) {
            headSeen = 0;
            // A length of 2^63 and more is not legal: then there is no end to wait for.
            toSkip = length < 0 ? Long.MAX_VALUE : length + (masked ? Integer.BYTES : 0);
        }
    }
}
