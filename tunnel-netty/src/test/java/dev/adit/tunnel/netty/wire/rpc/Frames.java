package dev.adit.tunnel.netty.wire.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Feeds bytes in pieces and collects messages that were sent. */
final class Frames {

    private final List<byte[]> sent = new ArrayList<>();

    /** For a peer's output: takes ownership, as the real one does. */
    void collect(ByteBuf message) {
        sent.add(ByteBufUtil.getBytes(message));
        message.release();
    }

    List<byte[]> sent() {
        return sent;
    }

    /** What was sent, decoded. */
    List<RpcMessage> messages() {
        return sent.stream().flatMap(frame -> decode(frame).stream()).toList();
    }

    byte[] joined() {
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(sent.toArray(byte[][]::new)));
    }

    static List<RpcMessage> decode(byte[] bytes) {
        List<RpcMessage> messages = new ArrayList<>();
        new RpcFrameDecoder(8 << 20)
                .decode(Unpooled.wrappedBuffer(bytes), segments -> messages.add(RpcMessageReader.read(segments)));
        return messages;
    }

    static void feed(byte[] bytes, Consumer<ByteBuf> receiver) {
        receiver.accept(Unpooled.wrappedBuffer(bytes));
    }

    static void feedSplitAt(byte[] bytes, int split, Consumer<ByteBuf> receiver) {
        receiver.accept(Unpooled.wrappedBuffer(bytes, 0, split));
        receiver.accept(Unpooled.wrappedBuffer(bytes, split, bytes.length - split));
    }

    static void feedBytewise(byte[] bytes, Consumer<ByteBuf> receiver) {
        for (int i = 0; i < bytes.length; i++) {
            receiver.accept(Unpooled.wrappedBuffer(bytes, i, 1));
        }
    }
}
