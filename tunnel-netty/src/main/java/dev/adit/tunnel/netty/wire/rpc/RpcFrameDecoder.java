package dev.adit.tunnel.netty.wire.rpc;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into Cap'n Proto messages (unpacked stream framing: segment count, sizes, segments). Where the
 * stream was cut into DATA frames means nothing.
 *
 * <p>Bounds: {@value #MAX_SEGMENTS} segments, and a number of bytes for the whole framed message that the owner sets
 * and may change between messages. Memory grows with the bytes that arrived, never with the size that a peer announced.
 * After an error the decoder refuses everything that follows.
 */
final class RpcFrameDecoder {

    /** The genuine peers write one segment; others may split long messages. */
    static final int MAX_SEGMENTS = 64;

    private static final int FIRST_WORD = 8;
    private static final int FIRST_CAPACITY = 1024;

    private int maxMessageBytes;
    private byte[] bytes = new byte[FIRST_CAPACITY];
    private int length;
    private int needed = FIRST_WORD;
    private int segments;
    private boolean sizesKnown;
    private boolean failed;

    /**
     * Makes a decoder.
     *
     * @param maxMessageBytes largest framed message, in bytes
     */
    RpcFrameDecoder(int maxMessageBytes) {
        this.maxMessageBytes = maxMessageBytes;
    }

    /** Sets the bound for messages whose first word has not arrived yet, in bytes. */
    void setMaxMessageBytes(int maxMessageBytes) {
        this.maxMessageBytes = maxMessageBytes;
    }

    /**
     * Takes in the next bytes and hands on every message that they complete, in order.
     *
     * @param chunk <em>borrowed</em>: read to its end, neither kept nor released
     * @param messages told of each complete message; may throw, which makes the decoder unusable
     * @throws RpcProtocolException if the stream is not a sequence of acceptable messages
     */
    void decode(ByteBuf chunk, Consumer<SegmentedMessage> messages) {
        if (failed) {
            throw new RpcProtocolException("The control stream is already broken; its remaining bytes are not read.");
        }
        failed = true; // until this method returns normally
        while (chunk.isReadable()) {
            int count = Math.min(chunk.readableBytes(), needed - length);
            ensureCapacity(length + count);
            chunk.readBytes(bytes, length, count);
            length += count;
            if (length == needed) {
                advance(messages);
            }
        }
        failed = false;
    }

    /** Whether the stream stands between two messages, so that ending here cuts nothing. */
    boolean isBetweenMessages() {
        return length == 0;
    }

    private void advance(Consumer<SegmentedMessage> messages) {
        if (segments == 0) {
            segments = segmentCount();
            needed = tableBytes();
        }
        if (!sizesKnown && length == needed) {
            sizesKnown = true;
            needed = messageBytes();
        }
        if (sizesKnown && length == needed) {
            SegmentedMessage message = message();
            reset();
            messages.accept(message);
        }
    }

    private int segmentCount() {
        long count = (SegmentedMessage.getInt(bytes, 0) & 0xffff_ffffL) + 1;
        if (count > MAX_SEGMENTS) {
            throw new RpcProtocolException(
                    "A message claims " + count + " segments; at most " + MAX_SEGMENTS + " are accepted.");
        }
        return (int) count;
    }

    /** The table is padded to whole words. */
    private int tableBytes() {
        return (segments / 2 + 1) * 8;
    }

    private int messageBytes() {
        long total = tableBytes();
        for (int i = 0; i < segments; i++) {
            total += segmentWords(i) * 8;
        }
        if (total > maxMessageBytes) {
            throw new RpcProtocolException(
                    "A message claims " + total + " bytes; at most " + maxMessageBytes + " are accepted now.");
        }
        if (segmentWords(0) == 0) {
            throw new RpcProtocolException("A message has an empty first segment, so it has no root.");
        }
        return (int) total;
    }

    private long segmentWords(int segment) {
        return SegmentedMessage.getInt(bytes, 4 + 4 * segment) & 0xffff_ffffL;
    }

    private SegmentedMessage message() {
        int[] starts = new int[segments];
        int[] words = new int[segments];
        int at = tableBytes();
        for (int i = 0; i < segments; i++) {
            starts[i] = at;
            words[i] = (int) segmentWords(i);
            at += words[i] * 8;
        }
        return new SegmentedMessage(bytes, starts, words);
    }

    private void reset() {
        bytes = new byte[FIRST_CAPACITY];
        length = 0;
        needed = FIRST_WORD;
        segments = 0;
        sizesKnown = false;
    }

    private void ensureCapacity(int wanted) {
        if (wanted > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(Math.max(wanted, bytes.length * 2), Math.max(needed, wanted)));
        }
    }
}
