package dev.adit.tunnel.netty.wire.rpc;

import java.util.function.Supplier;

/** Messages written word by word, for shapes that no honest writer makes. */
final class Words {

    private Words() {}

    /** A message of these segments, each a row of words. */
    static SegmentedMessage message(long[]... segments) {
        int total = 0;
        for (long[] segment : segments) {
            total += segment.length;
        }
        byte[] bytes = new byte[total * 8];
        int[] starts = new int[segments.length];
        int[] words = new int[segments.length];
        int at = 0;
        for (int i = 0; i < segments.length; i++) {
            starts[i] = at * 8;
            words[i] = segments[i].length;
            for (long word : segments[i]) {
                SegmentedMessage.putLong(bytes, at++ * 8, word);
            }
        }
        return new SegmentedMessage(bytes, starts, words);
    }

    static long[] segment(long... words) {
        return words;
    }

    static long struct(int offset, int dataWords, int pointers) {
        return (offset << 2 & 0xffff_fffcL) | (long) dataWords << 32 | (long) pointers << 48;
    }

    static long list(int offset, int elementSize, long count) {
        return 1 | (offset << 2 & 0xffff_fffcL) | (long) elementSize << 32 | count << 35;
    }

    static long far(int segment, int word) {
        return 2 | ((word << 3) & 0xffff_fff8L) | (long) segment << 32;
    }

    static long doubleFar(int segment, int word) {
        return far(segment, word) | 4;
    }

    /** Follows every pointer of a message, guessing types from the pointers themselves. */
    static void walk(SegmentedMessage message) {
        walk(message.root());
    }

    private static void walk(PointerReader pointer) {
        if (pointer.isNull()) {
            return;
        }
        attempt(pointer::text);
        attempt(pointer::data);
        attempt(pointer::capability);
        StructReader struct = attempt(pointer::struct);
        if (struct != null) {
            walk(struct);
            return;
        }
        ListReader list = pointer.list();
        for (int i = 0; i < list.size(); i++) {
            walk(list.struct(i));
        }
    }

    private static void walk(StructReader struct) {
        struct.i64(Math.max(0, struct.dataWords() - 1) * 8);
        for (int i = 0; i < struct.pointers(); i++) {
            walk(struct.pointer(i));
        }
    }

    private static <T> T attempt(Supplier<T> read) {
        try {
            return read.get();
        } catch (RpcProtocolException otherType) {
            if (otherType.getMessage().matches(".*(far more data|nested deeper).*")) {
                throw otherType;
            }
            return null;
        }
    }
}
