package dev.adit.tunnel.netty.wire.rpc;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Writes the messages of rpc.capnp that we send, each as one framed message. Every method <em>returns ownership</em> of
 * a heap buffer. Layout and order of the parts are those of the genuine connector's recorded messages.
 */
final class RpcMessageWriter {

    /** Writes the content of a payload at its first pointer. */
    @FunctionalInterface
    interface Content {
        /** Parameters or results without fields: a struct of no size, not null. */
        Content NOTHING = payload -> payload.struct(0, 0, 0);

        void writeTo(StructBuilder payload);
    }

    private RpcMessageWriter() {}

    static ByteBuf bootstrap(int questionId) {
        MessageBuilder message = new MessageBuilder();
        body(message, RpcMessageReader.BOOTSTRAP, 1, 1).setU32(0, questionId);
        return message.toFrame();
    }

    /** A call whose results come back to us; capabilities cannot be passed. */
    static ByteBuf call(int questionId, MessageTarget target, long interfaceId, int methodId, Content params) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder call = body(message, RpcMessageReader.CALL, 3, 3);
        call.setU32(0, questionId);
        call.setU16(4, methodId);
        call.setI64(8, interfaceId);
        target(call.struct(0, 1, 1), target);
        payload(call.struct(1, 0, 2), params);
        return message.toFrame();
    }

    private static void target(StructBuilder builder, MessageTarget target) {
        if (target instanceof MessageTarget.ImportedCap imported) {
            builder.setU32(0, imported.id());
        } else if (target instanceof MessageTarget.PromisedAnswer promised
                && promised.pointerPath().isEmpty()) {
            builder.setU16(4, 1);
            StructBuilder answer = builder.struct(0, 1, 1);
            answer.setU32(0, promised.questionId());
            answer.structs(0, 0, 1, 0);
        } else {
            throw new IllegalArgumentException("We address no calls to " + target + ".");
        }
    }

    private static void payload(StructBuilder payload, Content content) {
        content.writeTo(payload);
        payload.structs(1, 0, 1, 1);
    }

    static ByteBuf results(int answerId, Content results) {
        MessageBuilder message = new MessageBuilder();
        payload(answer(message, answerId, 0).struct(0, 0, 2), results);
        return message.toFrame();
    }

    /** Results that are a capability hosted by us. */
    static ByteBuf capability(int answerId, int exportId) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder payload = answer(message, answerId, 0).struct(0, 0, 2);
        payload.setCapability(0, 0);
        int table = payload.structs(1, 1, 1, 1);
        StructBuilder descriptor = payload.element(table, 0, 1, 1);
        descriptor.setU16(0, RpcMessageReader.CAP_SENDER_HOSTED);
        descriptor.setU32(4, exportId);
        return message.toFrame();
    }

    static ByteBuf exception(int answerId, RpcFailure failure) {
        MessageBuilder message = new MessageBuilder();
        failure(answer(message, answerId, 1).struct(0, 1, 1), failure);
        return message.toFrame();
    }

    private static StructBuilder answer(MessageBuilder message, int answerId, int tag) {
        StructBuilder answer = body(message, RpcMessageReader.RETURN, 2, 1);
        answer.setU32(0, answerId);
        answer.setU16(6, tag);
        return answer;
    }

    static ByteBuf finish(int questionId, boolean releaseResultCaps) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder finish = body(message, RpcMessageReader.FINISH, 1, 0);
        finish.setU32(0, questionId);
        finish.setBit(32, !releaseResultCaps);
        return message.toFrame();
    }

    static ByteBuf release(int id, int referenceCount) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder release = body(message, RpcMessageReader.RELEASE, 1, 0);
        release.setU32(0, id);
        release.setU32(4, referenceCount);
        return message.toFrame();
    }

    static ByteBuf abort(RpcFailure failure) {
        MessageBuilder message = new MessageBuilder();
        failure(body(message, RpcMessageReader.ABORT, 1, 1), failure);
        return message.toFrame();
    }

    private static void failure(StructBuilder builder, RpcFailure failure) {
        builder.setU16(4, failure.type().code());
        builder.setText(0, failure.reason());
    }

    private static StructBuilder body(MessageBuilder message, int tag, int dataWords, int pointers) {
        StructBuilder root = message.root(1, 1);
        root.setU16(0, tag);
        return root.struct(0, dataWords, pointers);
    }

    /**
     * Returns a message to its sender inside an {@code Unimplemented}. The segments are sent back as they came: two
     * words are added to the first, and its root leads there. So nothing of a message that we do not understand has to
     * be understood for the echo, and the echo is never larger than the message by more than these words.
     */
    static ByteBuf unimplemented(SegmentedMessage original) {
        int segments = original.segments();
        int tableBytes = (segments / 2 + 1) * 8;
        int firstBytes = original.segmentWords(0) * 8;
        int total = tableBytes + 16;
        for (int i = 0; i < segments; i++) {
            total += original.segmentWords(i) * 8;
        }
        byte[] frame = new byte[total];
        SegmentedMessage.putInt(frame, 0, segments - 1);
        int at = tableBytes;
        for (int i = 0; i < segments; i++) {
            int added = i == 0 ? 2 : 0;
            int size = original.segmentWords(i) * 8;
            SegmentedMessage.putInt(frame, 4 + 4 * i, original.segmentWords(i) + added);
            System.arraycopy(original.bytes(), original.offset(i, 0), frame, at, size);
            at += size + added * 8;
        }
        long root = SegmentedMessage.getLong(frame, tableBytes);
        int newMessage = original.segmentWords(0);
        SegmentedMessage.putLong(frame, tableBytes, (newMessage - 1L) << 2 | 1L << 32 | 1L << 48);
        SegmentedMessage.putLong(frame, tableBytes + firstBytes + 8, moved(root, newMessage + 1));
        return Unpooled.wrappedBuffer(frame);
    }

    /** A pointer that leads from another word of its segment to where it led from word 0. */
    private static long moved(long pointer, int word) {
        if (pointer == 0 || SegmentedMessage.kind(pointer) > SegmentedMessage.KIND_LIST) {
            return pointer;
        }
        int offset = ((int) pointer >> 2) - word;
        return (pointer & 0xffff_ffff_0000_0003L) | ((offset << 2) & 0xffff_fffcL);
    }
}
