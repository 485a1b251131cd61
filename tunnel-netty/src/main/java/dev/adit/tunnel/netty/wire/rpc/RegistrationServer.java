package dev.adit.tunnel.netty.wire.rpc;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The edge's side of the control stream: answers a connector's questions from a {@link RegistrationService}. Bytes go in
 * through {@link #receive}, messages go out through the consumer given at construction; all on the connection's event
 * loop.
 *
 * <p>Bounds, since the peer is a stranger at first: messages of {@value #MAX_BYTES_BEFORE_REGISTRATION} bytes and
 * {@value #MAX_MESSAGES_BEFORE_REGISTRATION} of them until a registration is accepted, {@value
 * #MAX_BYTES_AFTER_REGISTRATION} bytes afterwards, and {@value #MAX_QUESTIONS} unfinished questions at any time. How
 * long a stranger may stay is the caller's business.
 *
 * <p>Source: rpc.capnp, and the connector's behaviour as recorded from cloudflared 2026.8.2.
 */
public final class RegistrationServer {

    /** Largest framed message before a registration was accepted, in bytes. */
    static final int MAX_BYTES_BEFORE_REGISTRATION = 64 * 1024;
    /** Largest framed message afterwards, in bytes: a local configuration report can be long. */
    static final int MAX_BYTES_AFTER_REGISTRATION = 4 * 1024 * 1024;
    /** Messages of any kind before a registration was accepted; the genuine connector needs two. */
    static final int MAX_MESSAGES_BEFORE_REGISTRATION = 64;
    /** Questions that were asked and not finished; the genuine connector has at most three. */
    static final int MAX_QUESTIONS = 16;

    private static final int EXPORT_ID = 0;

    private final RegistrationService service;
    private final Executor eventLoop;
    private final Consumer<ByteBuf> out;
    private final RpcFrameDecoder decoder = new RpcFrameDecoder(MAX_BYTES_BEFORE_REGISTRATION);
    private final Map<Integer, Question> questions = new HashMap<>();
    private @Nullable Integer bootstrapQuestion;
    private int strangersMessages;
    private boolean registered;
    private boolean closed;

    /**
     * Makes a server for one control stream.
     *
     * @param service answers the questions
     * @param eventLoop runs answers that the service completes later; the thread that also calls this object
     * @param out is given each message to send, in order, and <em>takes ownership</em> of it; called on the event loop
     */
    public RegistrationServer(RegistrationService service, Executor eventLoop, Consumer<ByteBuf> out) {
        this.service = service;
        this.eventLoop = eventLoop;
        this.out = out;
    }

    /**
     * Takes in bytes of the control stream, cut anywhere.
     *
     * @param chunk <em>borrowed</em>: read to its end, neither kept nor released
     * @throws RpcProtocolException if the connector broke the protocol or a bound. An Abort has been sent and nothing
     *     more will be; the caller ends the stream
     */
    public void receive(ByteBuf chunk) {
        if (closed) {
            chunk.skipBytes(chunk.readableBytes());
            return;
        }
        try {
            decoder.decode(chunk, this::handle);
        } catch (RpcProtocolException e) {
            send(RpcMessageWriter.abort(new RpcFailure(RpcException.Type.FAILED, "rpc: " + e.getMessage())));
            closed = true;
            throw e;
        }
    }

    /** The stream is over: answers that are still to come from the service are dropped. Sends nothing. */
    public void close() {
        closed = true;
    }

    /**
     * Whether the conversation is over: closed here, or aborted by either side.
     *
     * @return true once nothing will be sent any more
     */
    public boolean isClosed() {
        return closed;
    }

    private void handle(SegmentedMessage segments) {
        if (closed) {
            return;
        }
        if (!registered && ++strangersMessages > MAX_MESSAGES_BEFORE_REGISTRATION) {
            throw new RpcProtocolException(
                    "More than " + MAX_MESSAGES_BEFORE_REGISTRATION + " messages came before a valid registration.");
        }
        RpcMessage message = RpcMessageReader.read(segments);
        if (message instanceof RpcMessage.Bootstrap bootstrap) {
            Question question = ask(bootstrap.questionId());
            bootstrapQuestion = bootstrap.questionId();
            answer(question, RpcMessageWriter.capability(bootstrap.questionId(), EXPORT_ID));
        } else if (message instanceof RpcMessage.Call call) {
            handleCall(ask(call.questionId()), call);
        } else if (message instanceof RpcMessage.Finish finish) {
            handleFinish(finish.questionId());
        } else if (message instanceof RpcMessage.Abort) {
            closed = true;
        } else if (message instanceof RpcMessage.Unknown) {
            send(RpcMessageWriter.unimplemented(segments));
        }
        // Return, Resolve, Release, Disembargo and Unimplemented: nothing of ours hangs on them.
    }

    private Question ask(int questionId) {
        if (questions.containsKey(questionId)) {
            throw new RpcProtocolException("Question " + questionId + " is asked again before it was finished.");
        }
        if (questions.size() >= MAX_QUESTIONS) {
            throw new RpcProtocolException("More than " + MAX_QUESTIONS + " questions are unfinished.");
        }
        if (bootstrapQuestion != null && bootstrapQuestion == questionId) {
            bootstrapQuestion = null;
        }
        Question question = new Question(questionId);
        questions.put(questionId, question);
        return question;
    }

    private void handleFinish(int questionId) {
        Question question = questions.get(questionId);
        if (question == null) {
            return;
        }
        question.finished = true;
        if (question.answered) {
            questions.remove(questionId);
        }
    }

    private void handleCall(Question question, RpcMessage.Call call) {
        PointerReader params = call.params().content();
        if (call.sendResultsTo() != 0) {
            fail(question, RpcException.Type.UNIMPLEMENTED, "results are sent to the caller only");
        } else if (!isOurs(call.target())) {
            fail(question, RpcException.Type.FAILED, "the call is addressed to a capability that does not exist");
        } else if (!isRegistrationInterface(call.interfaceId())) {
            fail(question, RpcException.Type.UNIMPLEMENTED, "unknown interface");
        } else {
            switch (call.methodId()) {
                case RegistrationSchema.REGISTER_CONNECTION -> register(question, params);
                case RegistrationSchema.UNREGISTER_CONNECTION -> unregister(question);
                case RegistrationSchema.UPDATE_LOCAL_CONFIGURATION -> update(question, params);
                default -> fail(question, RpcException.Type.UNIMPLEMENTED, "unknown method " + call.methodId());
            }
        }
    }

    /** Bootstrap's answer may still be named after its Finish: the connector cannot know when its call arrives. */
    private boolean isOurs(MessageTarget target) {
        if (target instanceof MessageTarget.ImportedCap imported) {
            return imported.id() == EXPORT_ID;
        }
        return target instanceof MessageTarget.PromisedAnswer promised
                && bootstrapQuestion != null
                && bootstrapQuestion == promised.questionId()
                && promised.pointerPath().isEmpty();
    }

    private static boolean isRegistrationInterface(long interfaceId) {
        return interfaceId == RegistrationSchema.REGISTRATION_SERVER || interfaceId == RegistrationSchema.TUNNEL_SERVER;
    }

    private void register(Question question, PointerReader params) {
        RegisterConnection request;
        try {
            request = RegistrationSchema.registerConnection(params);
        } catch (RpcException e) {
            fail(question, e.type(), String.valueOf(e.getMessage()));
            return;
        }
        answerFrom(question, () -> service.registerConnection(request), response -> {
            if (Objects.requireNonNull(response) instanceof ConnectionDetails) {
                registered = true;
                decoder.setMaxMessageBytes(MAX_BYTES_AFTER_REGISTRATION);
            }
            return RegistrationSchema.results(response);
        });
    }

    private void update(Question question, PointerReader params) {
        byte[] configuration = RegistrationSchema.configuration(params);
        answerIfRegistered(question, () -> service.updateLocalConfiguration(configuration));
    }

    private void unregister(Question question) {
        answerIfRegistered(question, service::unregisterConnection);
    }

    private void answerIfRegistered(Question question, Supplier<CompletionStage<Void>> action) {
        if (registered) {
            answerFrom(question, action, nothing -> RpcMessageWriter.Content.NOTHING);
        } else {
            fail(question, RpcException.Type.FAILED, "the connection is not registered");
        }
    }

    private <T> void answerFrom(
            Question question, Supplier<CompletionStage<T>> action, Function<T, RpcMessageWriter.Content> results) {
        CompletableFuture<T> stage;
        try {
            stage = action.get().toCompletableFuture();
        } catch (RuntimeException e) {
            fail(question, e);
            return;
        }
        // Answers that are there already go out before the next message is read, in the order of the questions.
        Executor executor = stage.isDone() ? Runnable::run : eventLoop;
        var unused = stage.whenCompleteAsync(
                (value, failure) -> {
                    if (failure == null) {
                        answer(question, value, results);
                    } else {
                        fail(question, failure);
                    }
                },
                executor);
    }

    private <T> void answer(Question question, T value, Function<T, RpcMessageWriter.Content> results) {
        ByteBuf message;
        try {
            message = RpcMessageWriter.results(question.id, results.apply(value));
        } catch (RuntimeException e) { // such as no response at all
            fail(question, e);
            return;
        }
        answer(question, message);
    }

    private void fail(Question question, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof RpcException e) {
            fail(question, e.type(), String.valueOf(e.getMessage()));
        } else {
            fail(question, RpcException.Type.FAILED, "internal error at the edge");
        }
    }

    private void fail(Question question, RpcException.Type type, String reason) {
        answer(question, RpcMessageWriter.exception(question.id, new RpcFailure(type, reason)));
    }

    /** Every question is answered, even one that was given up: its id is not free for the connector before. */
    private void answer(Question question, ByteBuf message) {
        question.answered = true;
        if (question.finished) {
            questions.remove(question.id);
        }
        send(message);
    }

    private void send(ByteBuf message) {
        if (closed) {
            message.release();
        } else {
            out.accept(message);
        }
    }

    /** Something the connector asked and has not finished. */
    private static final class Question {
        private final int id;
        private boolean answered;
        private boolean finished;

        Question(int id) {
            this.id = id;
        }
    }
}
