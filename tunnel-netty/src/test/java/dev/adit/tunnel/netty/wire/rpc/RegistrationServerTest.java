package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.Outcome;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the edge's side does that the recordings do not show. */
class RegistrationServerTest {

    private static final MessageTarget PROMISED = new MessageTarget.PromisedAnswer(0, List.of());
    private static final MessageTarget IMPORTED = new MessageTarget.ImportedCap(0);

    private final Frames sent = new Frames();
    private final Queue<Runnable> eventLoop = new ArrayDeque<>();
    private final PendingService service = new PendingService();
    private final RegistrationServer server = new RegistrationServer(service, eventLoop::add, sent::collect);

    @Test
    void answersWaitForTheServiceAndComeOnTheEventLoop() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        assertThat(sent.sent()).hasSize(1);
        service.registration.complete(RegistrationSamples.details());
        assertThat(sent.sent()).hasSize(1);
        runEventLoop();
        assertThat(sent.messages()).hasSize(2);
        assertThat(service.requests).containsExactly(RegistrationSamples.request());
    }

    @Test
    void everyWayOfAddressingWorksForEveryMethod() {
        registered();
        receive(RpcMessageWriter.finish(0, false));
        for (MessageTarget target : List.of(PROMISED, IMPORTED)) {
            for (long interfaceId :
                    new long[] {RegistrationSchema.REGISTRATION_SERVER, RegistrationSchema.TUNNEL_SERVER}) {
                receive(RpcMessageWriter.call(
                        5, target, interfaceId, 2, RegistrationSchema.configuration(new byte[] {1})));
                receive(RpcMessageWriter.finish(5, false));
                receive(RpcMessageWriter.call(5, target, interfaceId, 1, RpcMessageWriter.Content.NOTHING));
                receive(RpcMessageWriter.finish(5, false));
            }
        }
        assertThat(service.requests.subList(1, 9)).hasSize(8);
        assertThat(outcomes()).noneMatch(outcome -> outcome instanceof Outcome.Failed);
    }

    @Test
    void callsToNobodyOrNothingFail() {
        registered();
        long known = RegistrationSchema.REGISTRATION_SERVER;
        RpcMessageWriter.Content nothing = RpcMessageWriter.Content.NOTHING;
        receive(RpcMessageWriter.call(2, new MessageTarget.ImportedCap(1), known, 1, nothing));
        assertFailed(RpcException.Type.FAILED, "capability");
        receive(RpcMessageWriter.call(3, new MessageTarget.PromisedAnswer(1, List.of()), known, 1, nothing));
        assertFailed(RpcException.Type.FAILED, "capability");
        receive(RpcMessageWriter.call(4, IMPORTED, known, 3, nothing));
        assertFailed(RpcException.Type.UNIMPLEMENTED, "unknown method 3");
        receive(RpcMessageWriter.call(5, IMPORTED, known + 1, 1, nothing));
        assertFailed(RpcException.Type.UNIMPLEMENTED, "unknown interface");
    }

    @Test
    void nothingElseIsPossibleBeforeTheRegistration() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(call(1, RegistrationSchema.UNREGISTER_CONNECTION));
        assertFailed(RpcException.Type.FAILED, "not registered");
        receive(call(2, RegistrationSchema.UPDATE_LOCAL_CONFIGURATION));
        assertFailed(RpcException.Type.FAILED, "not registered");
        receive(register(3, IMPORTED));
        service.registration.complete(new ConnectionError("no", Duration.ZERO, false));
        runEventLoop();
        receive(call(4, RegistrationSchema.UNREGISTER_CONNECTION));
        assertFailed(RpcException.Type.FAILED, "not registered");
        assertThat(service.requests).hasSize(1);
    }

    @Test
    void idsThatAreNotIdsFailTheCall() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(RpcMessageWriter.call(
                1,
                IMPORTED,
                RegistrationSchema.REGISTRATION_SERVER,
                0,
                payload -> payload.struct(0, 1, 3).setData(1, new byte[17])));
        assertFailed(RpcException.Type.FAILED, "tunnelId is 17 bytes long");
        assertThat(service.requests).isEmpty();
        assertThat(server.isClosed()).isFalse();
    }

    @Test
    void failuresOfTheServiceKeepTheirDetailsAtHome() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        service.registration.completeExceptionally(new IllegalStateException("password 1234"));
        runEventLoop();
        assertFailed(RpcException.Type.FAILED, "internal error at the edge");
        service.failure = new IllegalStateException("password 1234");
        receive(register(2, PROMISED));
        assertFailed(RpcException.Type.FAILED, "internal error at the edge");
        service.failure = new RpcException(RpcException.Type.OVERLOADED, "full");
        receive(register(3, PROMISED));
        assertFailed(RpcException.Type.OVERLOADED, "full");
    }

    @Test
    void aServiceWithoutResponseHasFailed() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        service.registration.complete(null);
        runEventLoop();
        assertFailed(RpcException.Type.FAILED, "internal error at the edge");
    }

    @Test
    void aQuestionGivenUpIsStillAnsweredOnceAndItsIdIsFreeAfterwards() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        receive(RpcMessageWriter.finish(1, true));
        assertThat(sent.sent()).hasSize(1);
        service.registration.complete(RegistrationSamples.details());
        runEventLoop();
        assertThat(sent.sent()).hasSize(2);
        receive(call(1, RegistrationSchema.UNREGISTER_CONNECTION));
        assertThat(sent.sent()).hasSize(3);
    }

    @Test
    void anIdInUseMayNotBeAskedAgain() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        assertBroken(register(1, PROMISED), "asked again");
    }

    @Test
    void questionsAreCounted() {
        registered();
        for (int i = 1; i < RegistrationServer.MAX_QUESTIONS; i++) {
            receive(call(i, RegistrationSchema.UNREGISTER_CONNECTION));
        }
        assertBroken(call(99, RegistrationSchema.UNREGISTER_CONNECTION), "More than 16 questions");
    }

    @Test
    void strangersMayNotTalkForEver() {
        for (int i = 0; i < RegistrationServer.MAX_MESSAGES_BEFORE_REGISTRATION; i++) {
            receive(RpcMessageWriter.release(0, 1));
        }
        assertBroken(RpcMessageWriter.release(0, 1), "before a valid registration");
    }

    @Test
    void longMessagesNeedARegistration() {
        byte[] configuration = new byte[RegistrationServer.MAX_BYTES_BEFORE_REGISTRATION];
        registered();
        receive(RpcMessageWriter.call(
                2,
                IMPORTED,
                RegistrationSchema.REGISTRATION_SERVER,
                2,
                RegistrationSchema.configuration(configuration)));
        assertThat(service.requests.get(1)).isEqualTo(configuration.length);

        RegistrationServer other = new RegistrationServer(service, eventLoop::add, sent::collect);
        assertThatThrownBy(() -> other.receive(RpcMessageWriter.call(
                        2,
                        IMPORTED,
                        RegistrationSchema.REGISTRATION_SERVER,
                        2,
                        RegistrationSchema.configuration(configuration))))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("at most 65536");
        assertBroken(Unpooled.buffer().writeIntLE(0).writeIntLE(4 * 1024 * 1024 / 8), "at most 4194304");
    }

    @Test
    void messagesThatNeedNoAnswerGetNone() {
        registered();
        int before = sent.sent().size();
        receive(RpcMessageWriter.release(0, 1));
        receive(RpcMessageWriter.finish(77, true));
        receive(RpcMessageWriter.results(3, RpcMessageWriter.Content.NOTHING));
        receive(empty(RpcMessageReader.RESOLVE));
        receive(empty(RpcMessageReader.DISEMBARGO));
        receive(plain(RpcMessageReader.UNIMPLEMENTED));
        assertThat(sent.sent()).hasSize(before);
        assertThat(server.isClosed()).isFalse();
    }

    @Test
    void anAbortEndsTheConversationSilently() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        receive(RpcMessageWriter.abort(new RpcFailure(RpcException.Type.FAILED, "rpc: shutdown")));
        assertThat(server.isClosed()).isTrue();
        service.registration.complete(RegistrationSamples.details());
        runEventLoop();
        receive(RpcMessageWriter.bootstrap(2));
        assertThat(sent.sent()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 9, 10, 11, 12, 14, 65535})
    void unknownMessagesComeBackWhole(int tag) {
        receive(plain(tag));
        SegmentedMessage echo = single(sent.sent().get(0));
        StructReader message = echo.root().struct();
        assertThat(message.u16(0)).isEqualTo(RpcMessageReader.UNIMPLEMENTED);
        assertThat(message.pointer(0).struct().u16(0)).isEqualTo(tag);
        assertThat(message.pointer(0).struct().pointer(0).struct().pointer(0).text())
                .isEqualTo("inside");
    }

    @Test
    void unknownMessagesOfSeveralSegmentsComeBackWhole() {
        ByteBuf frame = Unpooled.buffer()
                .writeIntLE(2)
                .writeIntLE(2)
                .writeIntLE(3)
                .writeIntLE(1)
                .writeLongLE(Words.far(1, 0)) // root in segment 1
                .writeLongLE(0)
                .writeLongLE(Words.struct(0, 1, 1))
                .writeLongLE(10)
                .writeLongLE(Words.doubleFar(0, 1)); // never resolved: only a message that we know is looked into
        frame.writeLongLE(0x6c6c6568L);
        receive(frame);
        SegmentedMessage echo = single(sent.sent().get(0));
        assertThat(echo.segments()).isEqualTo(3);
        assertThat(echo.root().struct().pointer(0).struct().u16(0)).isEqualTo(10);
    }

    private void registered() {
        receive(RpcMessageWriter.bootstrap(0));
        receive(register(1, PROMISED));
        service.registration.complete(RegistrationSamples.details());
        runEventLoop();
        receive(RpcMessageWriter.finish(1, false));
    }

    private void runEventLoop() {
        for (Runnable task = eventLoop.poll(); task != null; task = eventLoop.poll()) {
            task.run();
        }
    }

    private void receive(ByteBuf message) {
        server.receive(message);
        assertThat(message.isReadable()).isFalse();
        assertThat(message.release()).isTrue();
    }

    private void assertBroken(ByteBuf message, String reason) {
        assertThatThrownBy(() -> server.receive(message))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining(reason);
        List<RpcMessage> messages = sent.messages();
        RpcMessage.Abort abort = (RpcMessage.Abort) messages.get(messages.size() - 1);
        assertThat(abort.failure().reason()).contains(reason);
        assertThat(server.isClosed()).isTrue();
    }

    private void assertFailed(RpcException.Type type, String reason) {
        List<Outcome> outcomes = outcomes();
        RpcFailure failure = ((Outcome.Failed) outcomes.get(outcomes.size() - 1)).failure();
        assertThat(failure.type()).isEqualTo(type);
        assertThat(failure.reason()).contains(reason);
    }

    private List<Outcome> outcomes() {
        return sent.messages().stream()
                .map(m -> ((RpcMessage.Return) m).outcome())
                .toList();
    }

    private static ByteBuf register(int questionId, MessageTarget target) {
        return RpcMessageWriter.call(
                questionId,
                target,
                RegistrationSchema.REGISTRATION_SERVER,
                RegistrationSchema.REGISTER_CONNECTION,
                RegistrationSchema.params(RegistrationSamples.request()));
    }

    private static ByteBuf call(int questionId, int method) {
        return RpcMessageWriter.call(
                questionId, IMPORTED, RegistrationSchema.REGISTRATION_SERVER, method, RpcMessageWriter.Content.NOTHING);
    }

    private static ByteBuf empty(int tag) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder root = message.root(1, 1);
        root.setU16(0, tag);
        root.struct(0, 1, 1);
        return message.toFrame();
    }

    private static ByteBuf plain(int tag) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder root = message.root(1, 1);
        root.setU16(0, tag);
        root.struct(0, 1, 1).setText(0, "inside");
        return message.toFrame();
    }

    private static SegmentedMessage single(byte[] frame) {
        List<SegmentedMessage> messages = new ArrayList<>();
        new RpcFrameDecoder(1 << 20).decode(Unpooled.wrappedBuffer(frame), messages::add);
        assertThat(messages).hasSize(1);
        return messages.get(0);
    }

    /** Registers when the test says so; the rest is answered at once. */
    private static final class PendingService implements RegistrationService {
        private final CompletableFuture<ConnectionResponse> registration = new CompletableFuture<>();
        private final List<Object> requests = new ArrayList<>();
        private RuntimeException failure;

        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
            if (failure != null) {
                throw failure;
            }
            requests.add(request);
            return registration;
        }

        @Override
        public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
            requests.add(configuration.length);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> unregisterConnection() {
            requests.add("unregister");
            return CompletableFuture.completedFuture(null);
        }
    }
}
