package dev.adit.tunnel.netty.wire.rpc;

/**
 * A struct of a received message. Its place was checked when it was made; a field beyond the end of a struct that was
 * written with an older schema reads as zero or null, and what a newer schema added is not looked at.
 */
final class StructReader {

    private final SegmentedMessage message;
    private final int dataOffset;
    private final int dataBytes;
    private final int segment;
    private final int pointersWord;
    private final int pointers;
    private final int depth;

    /**
     * Makes a reader.
     *
     * @param dataOffset where the data section begins in the message's bytes
     * @param dataBytes how long it is; less than a word when the struct is an element of a list of small values
     * @param pointersWord the word of the segment at which the pointer section begins
     * @param depth the depth of the pointers of this struct
     */
    StructReader(
            SegmentedMessage message,
            int dataOffset,
            int dataBytes,
            int segment,
            int pointersWord,
            int pointers,
            int depth) {
        this.message = message;
        this.dataOffset = dataOffset;
        this.dataBytes = dataBytes;
        this.segment = segment;
        this.pointersWord = pointersWord;
        this.pointers = pointers;
        this.depth = depth;
    }

    static StructReader empty(SegmentedMessage message) {
        return new StructReader(message, 0, 0, 0, 0, 0, 0);
    }

    int dataWords() {
        return dataBytes / 8;
    }

    int pointers() {
        return pointers;
    }

    int u8(int at) {
        return at + 1 <= dataBytes ? message.bytes()[dataOffset + at] & 0xff : 0;
    }

    int u16(int at) {
        return at + 2 <= dataBytes ? u8(at) | u8(at + 1) << 8 : 0;
    }

    /** A UInt32; values above {@link Integer#MAX_VALUE} come out negative and are ids like any other. */
    int u32(int at) {
        return at + 4 <= dataBytes ? SegmentedMessage.getInt(message.bytes(), dataOffset + at) : 0;
    }

    long i64(int at) {
        return at + 8 <= dataBytes ? SegmentedMessage.getLong(message.bytes(), dataOffset + at) : 0;
    }

    boolean bit(int bit) {
        return (u8(bit / 8) & 1 << (bit % 8)) != 0;
    }

    PointerReader pointer(int index) {
        return index < pointers
                ? message.pointer(segment, pointersWord + index, depth)
                : PointerReader.nullPointer(message);
    }
}
