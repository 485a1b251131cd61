package dev.adit.tunnel.netty.wire.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;

/**
 * Reads frames as their bytes come. The payload of data frames is handed on piece by piece, so neither a frame's nor a
 * message's length costs memory; masked payload is unmasked in place. After a {@link FrameException} or a close nothing
 * more may be given to it. For one thread.
 */
public final class FrameReader {

    private static final int MAX_CONTROL = 125;
    private static final int FIRST_CONTROL = 8;

    /** Takes what was read. */
    public interface Listener {

        /**
         * Part of a message's payload, never empty. Where a frame or message ends is not told.
         *
         * @param text whether the message is text rather than binary
         * @param payload the listener <em>takes ownership</em>
         */
        void payload(boolean text, ByteBuf payload);

        /**
         * A ping, to be answered with the same data.
         *
         * @param data up to 125 octets
         */
        void ping(byte[] data);

        /**
         * The peer closes; it sends nothing after this.
         *
         * @param status its reason, 1005 if it gave none
         */
        void close(int status);
    }

    private final boolean masked;
    private final Listener listener;
    /** Of the frame in work: its head as far as it came, at most 14 octets; then a control frame's payload. */
    private final ByteBuf gathered = Unpooled.buffer(14, 14 + MAX_CONTROL);

    private int headLength = 2;
    private boolean inPayload;
    private int opcode;
    private boolean text;
    private boolean inMessage;
    private long left;
    private int mask;
    private boolean closed;

    /**
     * Reads from one peer.
     *
     * @param masked whether the peer must mask, as a client must and a server must not
     * @param listener told what comes
     */
    public FrameReader(boolean masked, Listener listener) {
        this.masked = masked;
        this.listener = listener;
    }

    /**
     * Reads on.
     *
     * @param data this method <em>takes ownership</em>, also when it throws; its octets may be changed
     * @throws FrameException if they break a rule
     */
    public void read(ByteBuf data) throws FrameException {
        try {
            while (data.isReadable() && !closed) {
                if (inPayload) {
                    payload(data);
                } else {
                    head(data);
                }
            }
        } finally {
            data.release();
        }
    }

    /**
     * Tells whether what came so far ends with the end of a message.
     *
     * @return false within a frame or between the frames of a message
     */
    public boolean isBetweenMessages() {
        return !inPayload && !inMessage && !gathered.isReadable();
    }

    private void head(ByteBuf data) throws FrameException {
        gathered.writeBytes(data, Math.min(headLength - gathered.readableBytes(), data.readableBytes()));
        if (gathered.readableBytes() < headLength) {
            return;
        }
        if (headLength == 2) {
            checkStart(gathered.getUnsignedByte(0), gathered.getUnsignedByte(1));
            int length = gathered.getUnsignedByte(1) & 0x7F;
            headLength += (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? 4 : 0);
            if (headLength > 2) {
                return;
            }
        }
        left = payloadLength();
        mask = masked ? gathered.getInt(headLength - 4) : 0;
        gathered.clear();
        headLength = 2;
        inPayload = true;
        if (left == 0) {
            endOfFrame();
        }
    }

    private void checkStart(int first, int second) throws FrameException {
        opcode = first & 0x0F;
        boolean last = first >= 0x80;
        boolean control = opcode >= FIRST_CONTROL;
        if ((first & 0x70) != 0) {
            throw wrong("a reserved bit is set, but no extension that uses it was agreed");
        }
        if (second >= 0x80 != masked) {
            throw wrong(masked ? "a frame of a client is not masked" : "a frame of a server is masked");
        }
        if (control) {
            if (opcode > WebSocketFrames.PONG) {
                throw wrong("opcode " + opcode + " is not known");
            }
            if (!last || (second & 0x7F) > MAX_CONTROL) {
                throw wrong("a control frame is fragmented or too long");
            }
            return;
        }
        if (opcode > WebSocketFrames.BINARY) {
            throw wrong("opcode " + opcode + " is not known");
        }
        if ((opcode == WebSocketFrames.CONTINUATION) != inMessage) {
            throw wrong(inMessage ? "a message begins within another" : "a continuation without a message");
        }
        if (!inMessage) {
            text = opcode == WebSocketFrames.TEXT;
        }
        inMessage = !last;
    }

    private long payloadLength() throws FrameException {
        int length = gathered.getUnsignedByte(1) & 0x7F;
        if (length < 126) {
            return length;
        }
        long extended = length == 126 ? gathered.getUnsignedShort(2) : gathered.getLong(2);
        if (extended < (length == 126 ? 126 : 65_536)) {
            throw wrong("a length is not in its shortest form");
        }
        return extended;
    }

    private void payload(ByteBuf data) throws FrameException {
        int bytes = (int) Math.min(left, data.readableBytes());
        if (opcode >= FIRST_CONTROL) {
            gathered.writeBytes(data, bytes);
        } else {
            ByteBuf piece = data.readRetainedSlice(bytes);
            unmask(piece);
            listener.payload(text, piece);
        }
        left -= bytes;
        if (left == 0) {
            endOfFrame();
        }
    }

    private void endOfFrame() throws FrameException {
        inPayload = false;
        if (opcode < FIRST_CONTROL) {
            return;
        }
        unmask(gathered);
        byte[] body = new byte[gathered.readableBytes()];
        gathered.readBytes(body);
        gathered.clear();
        if (opcode == WebSocketFrames.PING) {
            listener.ping(body);
        } else if (opcode == WebSocketFrames.CLOSE) {
            int status = closeStatus(body);
            closed = true;
            listener.close(status);
        }
    }

    private static int closeStatus(byte[] body) throws FrameException {
        if (body.length == 0) {
            return WebSocketCloseStatus.EMPTY.code();
        }
        int status = body.length == 1 ? 0 : (body[0] & 0xFF) << 8 | (body[1] & 0xFF);
        if (status > 4999 || !WebSocketCloseStatus.isValidStatusCode(status)) {
            throw wrong("a close frame has no valid status");
        }
        return status;
    }

    private void unmask(ByteBuf data) {
        mask = WebSocketFrames.mask(data, mask);
    }

    private static FrameException wrong(String what) {
        return new FrameException(WebSocketCloseStatus.PROTOCOL_ERROR.code(), what);
    }
}
