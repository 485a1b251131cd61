package dev.adit.tunnel.netty.origin.handler;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Writes frames as a server sends them: not masked (RFC 6455 section 5.2). They are read by Netty's decoder. */
final class WebSocketFrames {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PONG = 10;

    private WebSocketFrames() {}

    /** Returns a frame with a copy of part of the data. */
    static ByteBuf data(int opcode, boolean last, byte[] data, int offset, int length) {
        int header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
        ByteBuf frame = Unpooled.buffer(header + length);
        frame.writeByte((last ? 0x80 : 0) | opcode);
        if (length < 126) {
            frame.writeByte(length);
        } else if (length < 65_536) {
            frame.writeByte(126).writeShort(length);
        } else {
            frame.writeByte(127).writeLong(length);
        }
        return frame.writeBytes(data, offset, length);
    }

    static ByteBuf pong(byte[] data) {
        return data(PONG, true, data, 0, data.length);
    }

    /** Returns a close frame; status 1005 stands for none, as in RFC 6455 section 7.1.5. */
    static ByteBuf close(int status, String reason) {
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
