package dev.adit.tunnel.netty.wire.rpc;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.CapDescriptor;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Outcome;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Resolution;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connector's side of the control stream: asks the edge to register, to take note of the local configuration and to
 * unregister. Bytes go in through {@link #receive}, messages go out through the consumer given at construction; all on
 * the connection's event loop.
 *
 * <p>The first question is preceded by Bootstrap and addressed to its promised answer, without waiting for it. As soon
 * as the edge has named its capability, questions are addressed to that; an edge that never does gets them through the
 * promise. Question 0 belongs to Bootstrap for good, the other ids are used again, lowest first, once an answer came.
 *
 * <p>Source: order and bytes as recorded from cloudflared 2026.8.2; rpc.capnp for the rest.
 */
public final class RegistrationClient {

    /** Largest message accepted from the edge, in bytes. Genuine answers have about 150. */
    static final int MAX_MESSAGE_BYTES = 64 * 1024;

    private static final int BOOTSTRAP_QUESTION = 0;
    private static final MessageTarget PROMISED = new MessageTarget.PromisedAnswer(BOOTSTRAP_QUESTION, List.of());

    private final Consumer<ByteBuf> out;
    private final RpcFrameDecoder decoder = new RpcFrameDecoder(MAX_MESSAGE_BYTES);
    private final Map<Integer, RpcCall<?>> calls = new HashMap<>();
    private final BitSet questionIds = new BitSet();
    private MessageTarget target = PROMISED;
    private boolean bootstrapSent;
    private boolean bootstrapAnswered;
    private @Nullable RpcException bootstrapFailure;
    private boolean inputOpen = true;
    private boolean outputOpen = true;

    /**
     * Makes a client that has sent nothing yet.
     *
     * @param out is given each message to send, in order, and <em>takes ownership</em> of it; called on the thread that
     *     calls this object
     */
    public RegistrationClient(Consumer<ByteBuf> out) {
        this.out = out;
        questionIds.set(BOOTSTRAP_QUESTION);
    }

    /**
     * Asks to bind this connection to a tunnel.
     *
     * @param request who we are and what we serve
     * @return the call; an orderly refusal is a normal result, a {@link ConnectionError}
     */
    public RpcCall<ConnectionResponse> register(RegisterConnection request) {
        return call(
                RegistrationSchema.REGISTER_CONNECTION,
                RegistrationSchema.params(request),
                (result, content) -> result.complete(RegistrationSchema.connectionResponse(content)));
    }

    /**
     * Tells the edge the configuration that is in use, for tunnels that it does not configure itself.
     *
     * @param configuration JSON in UTF-8; copied before this returns
     * @return the call; its result holds nothing
     */
    public RpcCall<Void> updateLocalConfiguration(byte[] configuration) {
        return call(
                RegistrationSchema.UPDATE_LOCAL_CONFIGURATION,
                RegistrationSchema.configuration(configuration),
                (result, content) -> result.complete(null));
    }

    /**
     * Asks the edge to send no new requests on this connection.
     *
     * @return the call; its result holds nothing
     */
    public RpcCall<Void> unregister() {
        return call(
                RegistrationSchema.UNREGISTER_CONNECTION,
                RpcMessageWriter.Content.NOTHING,
                (result, content) -> result.complete(null));
    }

    /**
     * Takes in bytes of the control stream, cut anywhere.
     *
     * @param chunk <em>borrowed</em>: read to its end, neither kept nor released
     * @throws RpcProtocolException if the edge broke the protocol. Open calls have failed and an Abort has been sent;
     *     the caller ends the stream
     */
    public void receive(ByteBuf chunk) {
        if (!inputOpen) {
            chunk.skipBytes(chunk.readableBytes());
            return;
        }
        try {
            decoder.decode(chunk, this::handle);
        } catch (RpcProtocolException e) {
            close(new RpcFailure(RpcException.Type.FAILED, "rpc: " + e.getMessage()), e);
            throw e;
        }
    }

    /**
     * The edge ended its half of the control stream, or the stream is gone: no answer will come any more. Open calls
     * fail.
     */
    public void inputClosed() {
        inputOpen = false;
        failCalls(disconnected(
                decoder.isBetweenMessages()
                        ? "The edge ended the control stream before it answered."
                        : "The edge ended the control stream in the middle of a message."));
    }

    /**
     * Says goodbye with an Abort, as the genuine connector does; open calls fail. Afterwards the caller ends its half of
     * the stream. Sends nothing if an Abort was sent or received before.
     */
    public void shutdown() {
        close(
                new RpcFailure(RpcException.Type.FAILED, "rpc: shutdown"),
                disconnected("The control stream was shut down before the edge answered."));
    }

    /**
     * Whether the conversation is over: shut down, aborted by either side, or the edge's half has ended.
     *
     * @return true once no call can succeed any more
     */
    public boolean isClosed() {
        return !inputOpen;
    }

    private <T> RpcCall<T> call(
            int methodId,
            RpcMessageWriter.Content params,
            BiConsumer<CompletableFuture<T>, PointerReader> resultReader) {
        int questionId = questionIds.nextClearBit(0);
        RpcCall<T> call = new RpcCall<>(questionId, resultReader, this::send);
        if (!inputOpen) {
            call.fail(disconnected("The control stream is closed. Ask again on a new connection."));
        } else if (bootstrapFailure != null) {
            call.fail(bootstrapFailure);
        } else {
            questionIds.set(questionId);
            calls.put(questionId, call);
            if (!bootstrapSent) {
                bootstrapSent = true;
                send(RpcMessageWriter.bootstrap(BOOTSTRAP_QUESTION));
            }
            send(RpcMessageWriter.call(questionId, target, RegistrationSchema.REGISTRATION_SERVER, methodId, params));
        }
        return call;
    }

    private void handle(SegmentedMessage segments) {
        if (!inputOpen) {
            return;
        }
        RpcMessage message = RpcMessageReader.read(segments);
        if (message instanceof RpcMessage.Return answer) {
            handleReturn(answer);
        } else if (message instanceof RpcMessage.Abort abort) {
            outputOpen = false;
            inputOpen = false;
            failCalls(new RpcException(
                    abort.failure().type(),
                    "The edge aborted the control stream: " + abort.failure().reason()));
        } else if (message instanceof RpcMessage.Bootstrap bootstrap) {
            refuse(bootstrap.questionId(), RpcException.Type.FAILED, "the connector has no main interface");
        } else if (message instanceof RpcMessage.Call call) {
            refuse(call.questionId(), RpcException.Type.UNIMPLEMENTED, "the connector exports no capability");
        } else if (message instanceof RpcMessage.Resolve resolve) {
            handleResolve(resolve);
        } else if (message instanceof RpcMessage.Unknown) {
            send(RpcMessageWriter.unimplemented(segments));
        }
        // Finish, Release, Disembargo and Unimplemented: nothing of ours hangs on them.
    }

    private void handleReturn(RpcMessage.Return answer) {
        if (answer.answerId() == BOOTSTRAP_QUESTION) {
            if (bootstrapSent && !bootstrapAnswered) {
                bootstrapAnswered = true;
                handleBootstrapReturn(answer.outcome());
            }
            return;
        }
        RpcCall<?> call = calls.remove(answer.answerId());
        if (call == null) {
            return;
        }
        questionIds.clear(call.questionId());
        if (!call.isDone()) { // else it was canceled and its Finish has been sent
            handleOutcome(call, answer.outcome());
        }
    }

    /** The id is free, and Finish is sent, before the result is told: the next question may be asked from there. */
    private void handleOutcome(RpcCall<?> call, Outcome outcome) {
        boolean results = outcome instanceof Outcome.Results;
        send(RpcMessageWriter.finish(call.questionId(), !results));
        if (outcome instanceof Outcome.Results answered) {
            call.succeed(answered.payload().content());
        } else {
            call.fail(failure(outcome));
        }
    }

    private void handleBootstrapReturn(Outcome outcome) {
        if (!(outcome instanceof Outcome.Results results)) {
            bootstrapFailure = failure(outcome);
            send(RpcMessageWriter.finish(BOOTSTRAP_QUESTION, true));
            return;
        }
        int index = results.payload().content().capability();
        List<CapDescriptor> capTable = results.payload().capTable();
        if (index >= capTable.size()) {
            throw new RpcProtocolException("The edge answered Bootstrap with a capability that it does not describe.");
        }
        CapDescriptor capability = index < 0 ? new CapDescriptor(0, 0) : capTable.get(index);
        if (capability.kind() == RpcMessageReader.CAP_SENDER_HOSTED
                || capability.kind() == RpcMessageReader.CAP_SENDER_PROMISE) {
            target = new MessageTarget.ImportedCap(capability.id());
            send(RpcMessageWriter.finish(BOOTSTRAP_QUESTION, false));
        }
        // Without a capability the promise stays the address, so its question stays open.
    }

    /** We go on using the promise, which stays valid; so the capability that it became is given back. */
    private void handleResolve(RpcMessage.Resolve resolve) {
        if (resolve.resolution() instanceof Resolution.Capability capability
                && (capability.descriptor().kind() == RpcMessageReader.CAP_SENDER_HOSTED
                        || capability.descriptor().kind() == RpcMessageReader.CAP_SENDER_PROMISE)) {
            send(RpcMessageWriter.release(capability.descriptor().id(), 1));
        }
    }

    private static RpcException failure(Outcome outcome) {
        if (outcome instanceof Outcome.Failed failed) {
            return new RpcException(failed.failure().type(), failed.failure().reason());
        }
        return new RpcException(
                RpcException.Type.FAILED,
                outcome instanceof Outcome.Canceled
                        ? "The edge canceled a call that was still wanted."
                        : "The edge sent the results of a call elsewhere, which was not asked for.");
    }

    private void refuse(int questionId, RpcException.Type type, String reason) {
        send(RpcMessageWriter.exception(questionId, new RpcFailure(type, reason)));
    }

    private void close(RpcFailure farewell, RuntimeException failure) {
        inputOpen = false;
        if (outputOpen) {
            send(RpcMessageWriter.abort(farewell));
            outputOpen = false;
        }
        failCalls(failure);
    }

    private void failCalls(RuntimeException failure) {
        List<RpcCall<?>> open = new ArrayList<>(calls.values());
        calls.clear();
        open.forEach(call -> call.fail(failure));
    }

    private void send(ByteBuf message) {
        if (outputOpen) {
            out.accept(message);
        } else {
            message.release();
        }
    }

    private static RpcException disconnected(String reason) {
        return new RpcException(RpcException.Type.DISCONNECTED, reason);
    }
}
