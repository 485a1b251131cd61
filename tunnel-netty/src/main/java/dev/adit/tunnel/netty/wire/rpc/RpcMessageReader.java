package dev.adit.tunnel.netty.wire.rpc;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.CapDescriptor;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Outcome;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Payload;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Resolution;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import java.util.ArrayList;
import java.util.List;

/** Reads the messages of rpc.capnp. Source of tags and offsets: {@code rpc.capnp} of the Cap'n Proto project. */
final class RpcMessageReader {

    static final int UNIMPLEMENTED = 0;
    static final int ABORT = 1;
    static final int CALL = 2;
    static final int RETURN = 3;
    static final int FINISH = 4;
    static final int RESOLVE = 5;
    static final int RELEASE = 6;
    static final int BOOTSTRAP = 8;
    static final int DISEMBARGO = 13;

    static final int CAP_SENDER_HOSTED = 1;
    static final int CAP_SENDER_PROMISE = 2;

    private static final int OP_NOOP = 0;
    private static final int OP_GET_POINTER_FIELD = 1;

    private RpcMessageReader() {}

    /**
     * Decodes a message.
     *
     * @throws RpcProtocolException if a pointer on the way is invalid
     */
    static RpcMessage read(SegmentedMessage segments) {
        StructReader message = segments.root().struct();
        int tag = message.u16(0);
        return switch (tag) {
            case UNIMPLEMENTED -> new RpcMessage.Unimplemented();
            case ABORT -> new RpcMessage.Abort(failure(body(message)));
            case CALL -> call(body(message));
            case RETURN -> answer(body(message));
            case FINISH -> finish(body(message));
            case RESOLVE -> resolve(body(message));
            case RELEASE -> release(body(message));
            case BOOTSTRAP -> new RpcMessage.Bootstrap(body(message).u32(0));
            case DISEMBARGO -> disembargo(body(message));
            default -> new RpcMessage.Unknown(tag);
        };
    }

    /** Looked at only where the kind is known, so that any unknown message can be returned. */
    private static StructReader body(StructReader message) {
        return message.pointer(0).struct();
    }

    private static RpcMessage.Call call(StructReader call) {
        return new RpcMessage.Call(
                call.u32(0),
                target(call.pointer(0).struct()),
                call.i64(8),
                call.u16(4),
                call.u16(6),
                payload(call.pointer(1).struct()));
    }

    private static RpcMessage.Return answer(StructReader answer) {
        int tag = answer.u16(6);
        PointerReader body = answer.pointer(0);
        Outcome outcome =
                switch (tag) {
                    case 0 -> new Outcome.Results(payload(body.struct()));
                    case 1 -> new Outcome.Failed(failure(body.struct()));
                    case 2 -> new Outcome.Canceled();
                    default -> new Outcome.Elsewhere(tag);
                };
        return new RpcMessage.Return(answer.u32(0), !answer.bit(32), outcome);
    }

    private static RpcMessage.Finish finish(StructReader finish) {
        return new RpcMessage.Finish(finish.u32(0), !finish.bit(32));
    }

    private static RpcMessage.Resolve resolve(StructReader resolve) {
        StructReader body = resolve.pointer(0).struct();
        Resolution resolution = resolve.u16(4) == 0
                ? new Resolution.Capability(descriptor(body))
                : new Resolution.Broken(failure(body));
        return new RpcMessage.Resolve(resolve.u32(0), resolution);
    }

    private static RpcMessage.Release release(StructReader release) {
        return new RpcMessage.Release(release.u32(0), release.u32(4));
    }

    private static RpcMessage.Disembargo disembargo(StructReader disembargo) {
        return new RpcMessage.Disembargo(disembargo.u16(4), disembargo.u32(0));
    }

    private static MessageTarget target(StructReader target) {
        int tag = target.u16(4);
        return switch (tag) {
            case 0 -> new MessageTarget.ImportedCap(target.u32(0));
            case 1 -> promisedAnswer(target.pointer(0).struct());
            default -> new MessageTarget.UnknownTarget(tag);
        };
    }

    private static MessageTarget promisedAnswer(StructReader promised) {
        ListReader operations = promised.pointer(0).list();
        List<Integer> path = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            StructReader operation = operations.struct(i);
            int tag = operation.u16(0);
            if (tag == OP_GET_POINTER_FIELD) {
                path.add(operation.u16(2));
            } else if (tag != OP_NOOP) {
                throw new RpcProtocolException("A call is addressed through an unknown operation " + tag + ".");
            }
        }
        return new MessageTarget.PromisedAnswer(promised.u32(0), List.copyOf(path));
    }

    private static Payload payload(StructReader payload) {
        ListReader table = payload.pointer(1).list();
        List<CapDescriptor> capabilities = new ArrayList<>();
        for (int i = 0; i < table.size(); i++) {
            capabilities.add(descriptor(table.struct(i)));
        }
        return new Payload(payload.pointer(0), List.copyOf(capabilities));
    }

    private static CapDescriptor descriptor(StructReader descriptor) {
        return new CapDescriptor(descriptor.u16(0), descriptor.u32(4));
    }

    private static RpcFailure failure(StructReader exception) {
        return new RpcFailure(
                RpcException.Type.of(exception.u16(4)), exception.pointer(0).text());
    }
}
