package dev.adit.tunnel.netty.wire.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Writes one Cap'n Proto message of a single segment. Objects are laid out in the order in which they are made; the
 * writers of this package make them parent first and in field order, which gives the very bytes that the genuine
 * connector writes for the same values.
 */
final class MessageBuilder {

    private static final int FRAME_HEADER = 8;

    private byte[] bytes = new byte[512];
    private int words;

    /** Makes the root struct; once, and before anything else. */
    StructBuilder root(int dataWords, int pointers) {
        int pointer = allocate(1);
        return struct(pointer, dataWords, pointers);
    }

    /**
     * The finished message with its frame header.
     *
     * @return a heap buffer, <em>returns ownership</em>; this builder must not be used any more
     */
    ByteBuf toFrame() {
        SegmentedMessage.putInt(bytes, 0, 0);
        SegmentedMessage.putInt(bytes, 4, words);
        return Unpooled.wrappedBuffer(bytes, 0, FRAME_HEADER + words * 8);
    }

    /** Makes a struct and lets the pointer at the given word lead to it. */
    StructBuilder struct(int pointer, int dataWords, int pointers) {
        int start = allocate(dataWords + pointers);
        // A struct without content points just before itself: with offset 0 it would look like null.
        int offset = dataWords + pointers == 0 ? -1 : start - pointer - 1;
        putWord(pointer, ((offset << 2) & 0xffff_fffcL) | (long) dataWords << 32 | (long) pointers << 48);
        return new StructBuilder(this, start, dataWords);
    }

    /** Reserves zeroed words at the end and gives the index of the first. */
    int allocate(int count) {
        int start = words;
        words += count;
        int wanted = FRAME_HEADER + words * 8;
        if (wanted > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(wanted, bytes.length * 2));
        }
        return start;
    }

    void putWord(int word, long value) {
        SegmentedMessage.putLong(bytes, FRAME_HEADER + word * 8, value);
    }

    long word(int word) {
        return SegmentedMessage.getLong(bytes, FRAME_HEADER + word * 8);
    }

    void putBytes(int word, byte[] value) {
        System.arraycopy(value, 0, bytes, FRAME_HEADER + word * 8, value.length);
    }
}
