package dev.adit.tunnel.netty.wire.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes frames as a server sends them, not masked, and as a client sends them, masked (RFC 6455 section 5.2). */
public final class WebSocketFrames {

    /** Goes on with the message of the frame before. */
    public static final int CONTINUATION = 0;

    /** Begins a message of text. */
    public static final int TEXT = 1;

    /** Begins a message of octets. */
    public static final int BINARY = 2;

    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private WebSocketFrames() {}

    /**
     * Returns a frame with a copy of part of the data.
     *
     * @param opcode what it is
     * @param last whether the message ends with it
     * @param data its payload and more
     * @param offset where the payload begins
     * @param length of the payload
     * @return a frame that the caller owns
     */
    public static ByteBuf data(int opcode, boolean last, byte[] data, int offset, int length) {
        ByteBuf frame = Unpooled.buffer(10 + length);
        writeHead(frame, opcode, last, length, 0);
        return frame.writeBytes(data, offset, length);
    }

    /**
     * Returns the head of a whole binary message of a server.
     *
     * @param length of the payload that is to follow
     * @return a head that the caller owns
     */
    public static ByteBuf binaryHead(int length) {
        ByteBuf head = Unpooled.buffer(10);
        writeHead(head, BINARY, true, length, 0);
        return head;
    }

    /**
     * Makes a whole binary message of a client.
     *
     * @param payload borrowed; its octets are masked in place
     * @param mask random, not to be guessed by whoever chose the payload (RFC 6455 section 10.3)
     * @return the head to send before the payload, which the caller owns
     */
    public static ByteBuf maskedBinaryHead(ByteBuf payload, int mask) {
        ByteBuf head = Unpooled.buffer(14);
        writeHead(head, BINARY, true, payload.readableBytes(), 0x80);
        mask(payload, mask);
        return head.writeInt(mask);
    }

    private static void writeHead(ByteBuf frame, int opcode, boolean last, int length, int maskBit) {
        frame.writeByte((last ? 0x80 : 0) | opcode);
        if (length < 126) {
            frame.writeByte(maskBit | length);
        } else if (length < 65_536) {
            frame.writeByte(maskBit | 126).writeShort(length);
        } else {
            frame.writeByte(maskBit | 127).writeLong(length);
        }
    }

    /**
     * Masks or unmasks payload in place, from its first octet on.
     *
     * @param data borrowed; its readable octets are changed
     * @param mask in network order
     * @return the mask to go on with
     */
    static int mask(ByteBuf data, int mask) {
        if (mask == 0) {
            return 0;
        }
        int length = data.readableBytes();
        int rest = length % Long.BYTES;
        long wide = (long) mask << 32 | (mask & 0xFFFFFFFFL);
        if (data.nioBufferCount() == 1) {
            ByteBuffer octets = data.internalNioBuffer(data.readerIndex(), length);
            for (int i = octets.position(); i + Long.BYTES <= octets.limit(); i += Long.BYTES) {
                octets.putLong(i, octets.getLong(i) ^ wide);
            }
        } else {
            for (int i = data.readerIndex(); i + Long.BYTES <= data.writerIndex(); i += Long.BYTES) {
                data.setLong(i, data.getLong(i) ^ wide);
            }
        }
        int tail = data.writerIndex() - rest;
        for (int i = 0; i < rest; i++) {
            data.setByte(tail + i, data.getByte(tail + i) ^ (mask >>> (24 - 8 * (i & 3))));
        }
        return Integer.rotateLeft(mask, 8 * (rest & 3));
    }

    /**
     * Returns a client's form of a server's control frame.
     *
     * @param frame a whole frame with up to 125 octets of payload; <em>takes ownership</em>
     * @param mask random
     * @return a frame that the caller owns
     */
    public static ByteBuf masked(ByteBuf frame, int mask) {
        try {
            ByteBuf masked = Unpooled.buffer(frame.readableBytes() + Integer.BYTES);
            masked.writeByte(frame.readByte())
                    .writeByte(0x80 | frame.readByte())
                    .writeInt(mask);
            mask(frame, mask);
            return masked.writeBytes(frame);
        } finally {
            frame.release();
        }
    }

    /**
     * Returns an empty ping.
     *
     * @return a frame that the caller owns
     */
    public static ByteBuf ping() {
        return data(PING, true, new byte[0], 0, 0);
    }

    /**
     * Returns the answer to a ping.
     *
     * @param data the ping's
     * @return a frame that the caller owns
     */
    public static ByteBuf pong(byte[] data) {
        return data(PONG, true, data, 0, data.length);
    }

    /**
     * Returns a close frame.
     *
     * @param status 1005 stands for none, as in RFC 6455 section 7.1.5
     * @param reason up to 123 octets in UTF-8
     * @return a frame that the caller owns
     */
    public static ByteBuf close(int status, String reason) {
        if (status == 1005) {
            return data(CLOSE, true, new byte[0], 0, 0);
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        byte[] body = new byte[2 + text.length];
        body[0] = (byte) (status >> 8);
        body[1] = (byte) status;
        System.arraycopy(text, 0, body, 2, text.length);
        return data(CLOSE, true, body, 0, body.length);
    }
}
