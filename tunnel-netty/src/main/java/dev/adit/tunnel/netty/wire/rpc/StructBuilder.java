package dev.adit.tunnel.netty.wire.rpc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A struct of a message being written. Offsets are those of the schema: bytes for numbers, bits for booleans. */
final class StructBuilder {

    private static final int SIZE_BYTE = 2;
    private static final int SIZE_POINTER = 6;
    private static final int SIZE_COMPOSITE = 7;

    private final MessageBuilder message;
    private final int start;
    private final int dataWords;

    StructBuilder(MessageBuilder message, int start, int dataWords) {
        this.message = message;
        this.start = start;
        this.dataWords = dataWords;
    }

    void setU8(int at, int value) {
        set(at, 8, value);
    }

    void setU16(int at, int value) {
        set(at, 16, value);
    }

    void setU32(int at, int value) {
        set(at, 32, value);
    }

    void setI64(int at, long value) {
        set(at, 64, value);
    }

    void setBit(int bit, boolean value) {
        set(bit / 64 * 8, bit % 64, 1, value ? 1 : 0);
    }

    private void set(int at, int bits, long value) {
        set(at / 8 * 8, at % 8 * 8, bits, value);
    }

    private void set(int wordAt, int shift, int bits, long value) {
        int word = start + wordAt / 8;
        long mask = (bits == 64 ? -1L : (1L << bits) - 1) << shift;
        message.putWord(word, (message.word(word) & ~mask) | ((value << shift) & mask));
    }

    StructBuilder struct(int pointer, int structDataWords, int pointers) {
        return message.struct(pointerWord(pointer), structDataWords, pointers);
    }

    /** Empty data is written as null, which reads the same. */
    void setData(int pointer, byte[] value) {
        if (value.length > 0) {
            putBytes(pointerWord(pointer), value);
        }
    }

    /** Empty text is written as null, which reads the same. */
    void setText(int pointer, String value) {
        if (!value.isEmpty()) {
            putText(pointerWord(pointer), value);
        }
    }

    void setTexts(int pointer, List<String> values) {
        int list = list(pointerWord(pointer), SIZE_POINTER, values.size(), values.size());
        for (int i = 0; i < values.size(); i++) {
            putText(list + i, values.get(i));
        }
    }

    /** Makes a list of structs; gives a struct for each element through {@link #element}. */
    int structs(int pointer, int count, int structDataWords, int pointers) {
        int elementWords = structDataWords + pointers;
        int tag = list(pointerWord(pointer), SIZE_COMPOSITE, count * elementWords, 1 + count * elementWords);
        message.putWord(tag, (long) count << 2 | (long) structDataWords << 32 | (long) pointers << 48);
        return tag + 1;
    }

    StructBuilder element(int list, int index, int structDataWords, int pointers) {
        return new StructBuilder(message, list + index * (structDataWords + pointers), structDataWords);
    }

    void setCapability(int pointer, int index) {
        message.putWord(pointerWord(pointer), SegmentedMessage.KIND_OTHER | (long) index << 32);
    }

    private void putText(int pointerWord, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        putBytes(pointerWord, Arrays.copyOf(utf8, utf8.length + 1));
    }

    private void putBytes(int pointerWord, byte[] value) {
        int target = list(pointerWord, SIZE_BYTE, value.length, (value.length + 7) / 8);
        message.putBytes(target, value);
    }

    private int list(int pointerWord, int elementSize, int count, int words) {
        int target = message.allocate(words);
        long offset = ((target - pointerWord - 1L) << 2) & 0xffff_fffcL;
        message.putWord(
                pointerWord, SegmentedMessage.KIND_LIST | offset | (long) elementSize << 32 | (long) count << 35);
        return target;
    }

    private int pointerWord(int pointer) {
        return start + dataWords + pointer;
    }
}
