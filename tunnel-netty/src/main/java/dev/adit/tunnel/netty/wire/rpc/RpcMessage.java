package dev.adit.tunnel.netty.wire.rpc;

import java.util.List;

/**
 * A received message of rpc.capnp, decoded as far as the registration needs it. The content of a payload stays a
 * pointer, because only the receiver knows its type; the layouts are in {@link RpcMessageReader} and {@link
 * RpcMessageWriter}.
 */
sealed interface RpcMessage {

    /** Asks for the peer's main interface. */
    record Bootstrap(int questionId) implements RpcMessage {}

    /** Calls a method; {@code sendResultsTo} 0 means the caller. */
    record Call(int questionId, MessageTarget target, long interfaceId, int methodId, int sendResultsTo, Payload params)
            implements RpcMessage {}

    /** Answers a question. */
    record Return(int answerId, boolean releaseParamCaps, Outcome outcome) implements RpcMessage {}

    /** Says that the asker is done with the answer; on an open question, that it no longer waits. */
    record Finish(int questionId, boolean releaseResultCaps) implements RpcMessage {}

    /** Says what a promised capability became. */
    record Resolve(int promiseId, Resolution resolution) implements RpcMessage {}

    /** Gives references to a capability back. */
    record Release(int id, int referenceCount) implements RpcMessage {}

    /** Part of the ordering protocol for capabilities of our own; does not occur here. */
    record Disembargo(int context, int contextId) implements RpcMessage {}

    /** The peer returns a message of ours that it did not understand. */
    record Unimplemented() implements RpcMessage {}

    /** The peer gives up the whole conversation. */
    record Abort(RpcFailure failure) implements RpcMessage {}

    /** A kind of message that we do not know; to be returned as {@code Unimplemented}. */
    record Unknown(int tag) implements RpcMessage {}

    /** To whom a call or a disembargo is addressed. */
    sealed interface MessageTarget {
        /** A capability that the receiver exported under this id. */
        record ImportedCap(int id) implements MessageTarget {}

        /** What the answer to a question will hold; an empty path means the answer itself. */
        record PromisedAnswer(int questionId, List<Integer> pointerPath) implements MessageTarget {}

        /** A kind of target that we do not know. */
        record UnknownTarget(int tag) implements MessageTarget {}
    }

    /** Parameters or results, with the capabilities that travel with them. */
    record Payload(PointerReader content, List<CapDescriptor> capTable) {}

    /** One capability of a payload; the kinds are named in {@link RpcMessageReader}. */
    record CapDescriptor(int kind, int id) {}

    /** What a question came to. */
    sealed interface Outcome {
        record Results(Payload payload) implements Outcome {}

        record Failed(RpcFailure failure) implements Outcome {}

        record Canceled() implements Outcome {}

        /** Results sent elsewhere and the like, which only answers calls that we never make. */
        record Elsewhere(int tag) implements Outcome {}
    }

    /** What a promise became. */
    sealed interface Resolution {
        record Capability(CapDescriptor descriptor) implements Resolution {}

        record Broken(RpcFailure failure) implements Resolution {}
    }

    /** An {@code Exception} of rpc.capnp. */
    record RpcFailure(RpcException.Type type, String reason) {}
}
