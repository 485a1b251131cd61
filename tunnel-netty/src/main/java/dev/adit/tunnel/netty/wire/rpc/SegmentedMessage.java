package dev.adit.tunnel.netty.wire.rpc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One received Cap'n Proto message: its segments and the budget for reading it. Every object that a pointer leads to is
 * checked against its segment and charged to the budget before it can be read, so a message whose pointers run in
 * circles, overlap or claim huge counts costs no more than a few times its own size.
 *
 * <p>Far pointers, single and double, are resolved here; they cannot chain.
 */
final class SegmentedMessage {

    /** How many pointers may be followed one below the other. */
    static final int MAX_DEPTH = 64;

    static final int KIND_STRUCT = 0;
    static final int KIND_LIST = 1;
    static final int KIND_FAR = 2;
    static final int KIND_OTHER = 3;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private final int[] starts;
    private final int[] words;
    private long budget;

    /**
     * Wraps the segments.
     *
     * @param bytes holds all segments; kept, not copied
     * @param starts where each segment begins, in bytes
     * @param words how long each segment is, in words of 8 bytes
     */
    SegmentedMessage(byte[] bytes, int[] starts, int[] words) {
        this.bytes = bytes;
        this.starts = starts;
        this.words = words;
        long total = 0;
        for (int count : words) {
            total += count;
        }
        budget = 4 * total + 256;
    }

    static int getInt(byte[] bytes, int offset) {
        return (int) INTS.get(bytes, offset);
    }

    static long getLong(byte[] bytes, int offset) {
        return (long) LONGS.get(bytes, offset);
    }

    static void putInt(byte[] bytes, int offset, int value) {
        INTS.set(bytes, offset, value);
    }

    static void putLong(byte[] bytes, int offset, long value) {
        LONGS.set(bytes, offset, value);
    }

    /** The bytes that hold the segments; borrowed, for the readers of this message. */
    byte[] bytes() {
        return bytes;
    }

    int segments() {
        return words.length;
    }

    int segmentWords(int segment) {
        return words[segment];
    }

    /** The offset in {@link #bytes()} of a word that was checked to lie in the segment. */
    int offset(int segment, int word) {
        return starts[segment] + word * 8;
    }

    /** The first pointer of the message. */
    PointerReader root() {
        return pointer(0, 0, 0);
    }

    /** Reads the pointer at a word that was checked to lie in the segment, following a far pointer if it is one. */
    PointerReader pointer(int segment, int word, int depth) {
        long pointer = wordAt(segment, word);
        if (pointer == 0) {
            return PointerReader.nullPointer(this);
        }
        if (kind(pointer) != KIND_FAR) {
            return new PointerReader(this, pointer, segment, target(pointer, word), depth);
        }
        int farSegment = farSegment(pointer);
        int pad = farWord(pointer);
        boolean isDouble = isDoubleFar(pointer);
        checkRange(farSegment, pad, isDouble ? 2 : 1);
        charge(1);
        long landing = wordAt(farSegment, pad);
        if (!isDouble) {
            if (kind(landing) == KIND_FAR) {
                throw new RpcProtocolException("A far pointer leads to another far pointer.");
            }
            if (landing == 0) {
                return PointerReader.nullPointer(this);
            }
            return new PointerReader(this, landing, farSegment, target(landing, pad), depth);
        }
        long tag = wordAt(farSegment, pad + 1);
        if (kind(landing) != KIND_FAR || isDoubleFar(landing)) {
            throw new RpcProtocolException("The landing pad of a double far pointer is not a single far pointer.");
        }
        if (kind(tag) > KIND_LIST || (tag & 0xffff_fffcL) != 0) {
            throw new RpcProtocolException("The tag of a double far pointer is not a struct or list without offset.");
        }
        int contentSegment = farSegment(landing);
        checkRange(contentSegment, farWord(landing), 0);
        return new PointerReader(this, tag, contentSegment, farWord(landing), depth);
    }

    /** Makes sure that an object lies in its segment. All arguments may be anything a peer can claim. */
    void checkRange(int segment, long word, long count) {
        if (segment < 0 || segment >= words.length) {
            throw new RpcProtocolException("A pointer leads to a segment that the message does not have.");
        }
        if (word < 0 || count < 0 || word > words[segment] || count > words[segment] - word) {
            throw new RpcProtocolException("A pointer leads out of its segment: " + count + " words at " + word
                    + " in a segment of " + words[segment] + ".");
        }
    }

    /** Takes words off the budget for reading this message. */
    void charge(long count) {
        budget -= Math.max(1, count);
        if (budget < 0) {
            throw new RpcProtocolException("A message refers to far more data than it contains.");
        }
    }

    static int kind(long pointer) {
        return (int) (pointer & 3);
    }

    private long wordAt(int segment, int word) {
        return getLong(bytes, offset(segment, word));
    }

    /** Where a struct or list pointer leads, before any check; offsets have 30 bits, so this fits a long only. */
    private static long target(long pointer, int word) {
        return word + 1L + ((int) pointer >> 2);
    }

    private static boolean isDoubleFar(long pointer) {
        return (pointer & 4) != 0;
    }

    private static int farWord(long pointer) {
        return (int) pointer >>> 3;
    }

    private static int farSegment(long pointer) {
        return (int) (pointer >>> 32);
    }
}
