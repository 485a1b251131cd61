package dev.adit.tunnel.netty.wire.rpc;

import java.util.ArrayList;
import java.util.List;

/** A list of a received message, seen as a list of structs: small values and pointers count as structs of one field. */
final class ListReader {

    private final SegmentedMessage message;
    private final int count;
    private final int segment;
    private final int startWord;
    private final int strideBytes;
    private final int dataBytes;
    private final int pointers;
    private final int depth;

    ListReader(
            SegmentedMessage message,
            int count,
            int segment,
            int startWord,
            int strideBytes,
            int dataBytes,
            int pointers,
            int depth) {
        this.message = message;
        this.count = count;
        this.segment = segment;
        this.startWord = startWord;
        this.strideBytes = strideBytes;
        this.dataBytes = dataBytes;
        this.pointers = pointers;
        this.depth = depth;
    }

    static ListReader empty(SegmentedMessage message) {
        return new ListReader(message, 0, 0, 0, 0, 0, 0, 0);
    }

    int size() {
        return count;
    }

    StructReader struct(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException(index);
        }
        int start = index * strideBytes;
        return new StructReader(
                message,
                message.offset(segment, startWord) + start,
                dataBytes,
                segment,
                startWord + (start + dataBytes) / 8,
                pointers,
                depth);
    }

    /** All elements as texts; for a list of structs the first pointer of each, as schema evolution allows. */
    List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(struct(i).pointer(0).text());
        }
        return List.copyOf(texts);
    }
}
