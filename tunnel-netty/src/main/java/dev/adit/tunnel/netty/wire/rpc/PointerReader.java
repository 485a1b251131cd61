package dev.adit.tunnel.netty.wire.rpc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One pointer of a received message, far pointers already followed. The methods read what it points to as the type the
 * schema expects; a null pointer gives the default (an empty value), a pointer of another type is an error.
 */
final class PointerReader {

    private static final int SIZE_BIT = 1;
    private static final int SIZE_BYTE = 2;
    private static final int SIZE_POINTER = 6;
    private static final int SIZE_COMPOSITE = 7;
    private static final int[] ELEMENT_BITS = {0, 1, 8, 16, 32, 64, 64};

    private final SegmentedMessage message;
    private final long pointer;
    private final int segment;
    private final long target;
    private final int depth;

    PointerReader(SegmentedMessage message, long pointer, int segment, long target, int depth) {
        this.message = message;
        this.pointer = pointer;
        this.segment = segment;
        this.target = target;
        this.depth = depth;
    }

    static PointerReader nullPointer(SegmentedMessage message) {
        return new PointerReader(message, 0, 0, 0, 0);
    }

    boolean isNull() {
        return pointer == 0;
    }

    /** The struct this leads to; an empty one for null. */
    StructReader struct() {
        if (isNull()) {
            return StructReader.empty(message);
        }
        expect(SegmentedMessage.KIND_STRUCT, "struct");
        int dataWords = dataWords(pointer);
        int pointers = pointers(pointer);
        message.checkRange(segment, target, (long) dataWords + pointers);
        message.charge((long) dataWords + pointers);
        int start = (int) target;
        return new StructReader(
                message, message.offset(segment, start), dataWords * 8, segment, start + dataWords, pointers, below());
    }

    /** The list this leads to, of whatever element size; an empty one for null. */
    ListReader list() {
        if (isNull()) {
            return ListReader.empty(message);
        }
        expect(SegmentedMessage.KIND_LIST, "list");
        int size = elementSize();
        if (size == SIZE_COMPOSITE) {
            return compositeList();
        }
        if (size == SIZE_BIT) {
            throw new RpcProtocolException("A list of bits stands where no schema has one.");
        }
        long count = count();
        long listWords = (count * ELEMENT_BITS[size] + 63) / 64;
        message.checkRange(segment, target, listWords);
        message.charge(size == 0 ? count : listWords);
        boolean ofPointers = size == SIZE_POINTER;
        return new ListReader(
                message,
                (int) count,
                segment,
                (int) target,
                ELEMENT_BITS[size] / 8,
                ofPointers ? 0 : ELEMENT_BITS[size] / 8,
                ofPointers ? 1 : 0,
                below());
    }

    private ListReader compositeList() {
        long listWords = count();
        message.checkRange(segment, target, listWords + 1);
        int start = (int) target;
        long tag = SegmentedMessage.getLong(message.bytes(), message.offset(segment, start));
        if (SegmentedMessage.kind(tag) != SegmentedMessage.KIND_STRUCT) {
            throw new RpcProtocolException("The tag of a list of structs is not a struct.");
        }
        long count = (tag >>> 2) & 0x3fff_ffffL;
        int elementWords = dataWords(tag) + pointers(tag);
        if (count * elementWords > listWords) {
            throw new RpcProtocolException(
                    "A list of " + count + " structs does not fit into its " + listWords + " words.");
        }
        message.charge(elementWords == 0 ? Math.max(count, listWords) : listWords + 1);
        return new ListReader(
                message, (int) count, segment, start + 1, elementWords * 8, dataWords(tag) * 8, pointers(tag), below());
    }

    /** The bytes of a Data value, copied; empty for null. */
    byte[] data() {
        if (isNull()) {
            return new byte[0];
        }
        int offset = checkedBytes("data");
        return Arrays.copyOfRange(message.bytes(), offset, offset + (int) count());
    }

    /** A Text value, without its closing NUL; empty for null. Invalid UTF-8 is replaced, not refused. */
    String text() {
        if (isNull()) {
            return "";
        }
        int offset = checkedBytes("text");
        int length = (int) count() - 1;
        if (length < 0 || message.bytes()[offset + length] != 0) {
            throw new RpcProtocolException("A text does not end with NUL.");
        }
        return new String(message.bytes(), offset, length, StandardCharsets.UTF_8);
    }

    /** The index in the message's capability table, or -1 for null. */
    int capability() {
        if (isNull()) {
            return -1;
        }
        expect(SegmentedMessage.KIND_OTHER, "capability");
        if ((int) pointer != SegmentedMessage.KIND_OTHER) {
            throw new RpcProtocolException("A pointer is of a kind that does not exist.");
        }
        int index = (int) (pointer >>> 32);
        if (index < 0) {
            throw new RpcProtocolException("A capability lies outside of any table.");
        }
        return index;
    }

    private int checkedBytes(String what) {
        expect(SegmentedMessage.KIND_LIST, what);
        if (elementSize() != SIZE_BYTE) {
            throw new RpcProtocolException("A pointer leads to a list of other elements where " + what + " belongs.");
        }
        long words = (count() + 7) / 8;
        message.checkRange(segment, target, words);
        message.charge(words);
        return message.offset(segment, (int) target);
    }

    private void expect(int kind, String what) {
        if (SegmentedMessage.kind(pointer) != kind) {
            throw new RpcProtocolException("A pointer of another kind stands where a " + what + " belongs.");
        }
    }

    private int below() {
        if (depth >= SegmentedMessage.MAX_DEPTH) {
            throw new RpcProtocolException(
                    "A message is nested deeper than " + SegmentedMessage.MAX_DEPTH + " levels.");
        }
        return depth + 1;
    }

    private int elementSize() {
        return (int) (pointer >>> 32) & 7;
    }

    private long count() {
        return pointer >>> 35;
    }

    private static int dataWords(long pointer) {
        return (int) (pointer >>> 32) & 0xffff;
    }

    private static int pointers(long pointer) {
        return (int) (pointer >>> 48);
    }
}
