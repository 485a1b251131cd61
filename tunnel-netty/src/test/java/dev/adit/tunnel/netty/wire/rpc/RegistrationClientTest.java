package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.netty.wire.rpc.RpcMessage.MessageTarget;
import dev.adit.tunnel.netty.wire.rpc.RpcMessage.RpcFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the connector's side does that the recordings do not show. */
class RegistrationClientTest {

    private static final int ABSENT = 0;
    private static final int SENDER_HOSTED = 1;
    private static final int SENDER_PROMISE = 2;

    private final Frames sent = new Frames();
    private final RegistrationClient client = new RegistrationClient(sent::collect);

    @Test
    void callsAskedAtOnceGetTheirOwnQuestions() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        RpcCall<Void> update = client.updateLocalConfiguration(new byte[] {'{', '}'});
        RpcCall<Void> unregister = client.unregister();
        assertThat(questions()).containsExactly(0, 1, 2, 3);
        receive(RpcMessageWriter.results(3, RpcMessageWriter.Content.NOTHING));
        receive(RpcMessageWriter.results(1, RegistrationSchema.results(RegistrationSamples.details())));
        assertThat(future(unregister)).isCompleted();
        assertThat(future(register)).isCompletedWithValue(RegistrationSamples.details());
        assertThat(future(update)).isNotDone();
        client.unregister();
        client.unregister();
        assertThat(questions()).containsExactly(0, 1, 2, 3, 1, 3);
    }

    @Test
    void theNextQuestionMayBeAskedFromTheAnswer() {
        List<Object> answers = new ArrayList<>();
        var unused = client.register(RegistrationSamples.request()).result().thenAccept(response -> {
            answers.add(response);
            client.updateLocalConfiguration(new byte[0]);
        });
        receive(RpcMessageWriter.capability(0, 7));
        receive(RpcMessageWriter.results(1, RegistrationSchema.results(RegistrationSamples.details())));
        assertThat(answers).hasSize(1);
        List<RpcMessage> messages = sent.messages();
        assertThat(messages.subList(2, 4))
                .containsExactly(new RpcMessage.Finish(0, false), new RpcMessage.Finish(1, false));
        assertThat(target(messages.get(4))).isEqualTo(new MessageTarget.ImportedCap(7));
    }

    @Test
    void aPromisedCapabilityIsAsGoodAsAHostedOne() {
        client.register(RegistrationSamples.request());
        receive(bootstrapAnswer(SENDER_PROMISE, 9));
        client.unregister();
        assertThat(target(last())).isEqualTo(new MessageTarget.ImportedCap(9));
    }

    @Test
    void whatAPromiseBecameIsGivenBack() {
        client.register(RegistrationSamples.request());
        receive(bootstrapAnswer(SENDER_PROMISE, 9));
        MessageBuilder resolve = new MessageBuilder();
        StructBuilder root = resolve.root(1, 1);
        root.setU16(0, RpcMessageReader.RESOLVE);
        StructBuilder body = root.struct(0, 1, 1);
        body.setU32(0, 9);
        StructBuilder descriptor = body.struct(0, 1, 1);
        descriptor.setU16(0, SENDER_HOSTED);
        descriptor.setU32(4, 4);
        receive(resolve.toFrame());
        assertThat(last()).isEqualTo(new RpcMessage.Release(4, 1));
        client.unregister();
        assertThat(target(last())).isEqualTo(new MessageTarget.ImportedCap(9));
    }

    @Test
    void withoutCapabilityThePromiseStaysTheAddressAndUnfinished() {
        client.register(RegistrationSamples.request());
        receive(bootstrapAnswer(ABSENT, 0));
        client.unregister();
        assertThat(target(last())).isEqualTo(new MessageTarget.PromisedAnswer(0, List.of()));
        assertThat(sent.messages()).noneMatch(m -> m instanceof RpcMessage.Finish);
    }

    @Test
    void anExceptionForBootstrapFailsLaterCalls() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        receive(RpcMessageWriter.exception(0, new RpcFailure(RpcException.Type.OVERLOADED, "later")));
        assertThat(last()).isEqualTo(new RpcMessage.Finish(0, true));
        assertThat(future(register)).isNotDone();
        int before = sent.sent().size();
        assertFailed(client.unregister(), RpcException.Type.OVERLOADED, "later");
        assertThat(sent.sent()).hasSize(before);
    }

    @Test
    void anExceptionFailsItsCallOnly() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        RpcCall<Void> update = client.updateLocalConfiguration(new byte[0]);
        receive(RpcMessageWriter.exception(2, new RpcFailure(RpcException.Type.UNIMPLEMENTED, "no")));
        assertFailed(update, RpcException.Type.UNIMPLEMENTED, "no");
        assertThat(last()).isEqualTo(new RpcMessage.Finish(2, true));
        assertThat(future(register)).isNotDone();
    }

    @Test
    void aCanceledCallKeepsItsIdUntilTheLateAnswer() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        register.cancel();
        register.cancel();
        assertThat(future(register)).isCancelled();
        assertThatThrownBy(() -> future(register).join()).isInstanceOf(CancellationException.class);
        assertThat(sent.messages().stream().filter(m -> m instanceof RpcMessage.Finish))
                .containsExactly(new RpcMessage.Finish(1, true));
        client.unregister();
        receive(RpcMessageWriter.results(1, RegistrationSchema.results(RegistrationSamples.details())));
        client.unregister();
        assertThat(questions()).containsExactly(0, 1, 2, 1);
    }

    @Test
    void anAbortFailsWhatIsOpenAndIsNotAnswered() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        int before = sent.sent().size();
        receive(RpcMessageWriter.abort(new RpcFailure(RpcException.Type.FAILED, "bye")));
        assertFailed(register, RpcException.Type.FAILED, "The edge aborted the control stream: bye");
        assertThat(client.isClosed()).isTrue();
        client.shutdown();
        assertFailed(client.unregister(), RpcException.Type.DISCONNECTED, "The control stream is closed");
        assertThat(sent.sent()).hasSize(before);
    }

    @Test
    void theEndOfTheStreamFailsWhatIsOpenAndLeavesRoomForAnAbort() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        client.inputClosed();
        assertFailed(register, RpcException.Type.DISCONNECTED, "The edge ended the control stream");
        client.shutdown();
        client.shutdown();
        assertThat(sent.messages().stream().filter(m -> m instanceof RpcMessage.Abort))
                .hasSize(1);
    }

    @Test
    void aStreamThatEndsInsideAMessageSaysSo() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        receive(Unpooled.buffer().writeIntLE(0));
        client.inputClosed();
        assertFailed(register, RpcException.Type.DISCONNECTED, "in the middle of a message");
    }

    @Test
    void brokenBytesFailWhatIsOpenAndAreAborted() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        ByteBuf broken = Unpooled.buffer().writeIntLE(0).writeIntLE(-1);
        assertThatThrownBy(() -> client.receive(broken)).isInstanceOf(RpcProtocolException.class);
        assertThat(future(register)).isCompletedExceptionally();
        assertThat(last()).isInstanceOf(RpcMessage.Abort.class);
        receive(RpcMessageWriter.capability(0, 0));
        assertThat(last()).isInstanceOf(RpcMessage.Abort.class);
    }

    @Test
    void aResponseWithAShortIdFailsTheRegistrationOnly() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        receive(RpcMessageWriter.results(1, payload -> {
            StructBuilder union = payload.struct(0, 0, 1).struct(0, 1, 1);
            union.setU16(0, 1);
            union.struct(0, 1, 2).setData(0, new byte[15]);
        }));
        assertFailed(register, RpcException.Type.FAILED, "connection uuid is 15 bytes long");
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void anUnknownKindOfResponseFailsTheRegistration() {
        RpcCall<ConnectionResponse> register = client.register(RegistrationSamples.request());
        receive(RpcMessageWriter.results(
                1, payload -> payload.struct(0, 0, 1).struct(0, 1, 1).setU16(0, 2)));
        assertFailed(register, RpcException.Type.FAILED, "unknown kind of response, 2");
    }

    @Test
    void theEdgesOwnQuestionsAreRefused() {
        receive(RpcMessageWriter.bootstrap(5));
        receive(RpcMessageWriter.call(6, new MessageTarget.ImportedCap(0), 1, 2, RpcMessageWriter.Content.NOTHING));
        assertThat(sent.messages())
                .extracting(m -> ((RpcMessage.Return) m).answerId())
                .containsExactly(5, 6);
        assertThat(sent.messages())
                .extracting(m -> ((RpcMessage.Return) m).outcome())
                .allMatch(outcome -> outcome instanceof RpcMessage.Outcome.Failed);
    }

    private void receive(ByteBuf message) {
        client.receive(message);
        assertThat(message.release()).isTrue();
    }

    private static ByteBuf bootstrapAnswer(int kind, int id) {
        MessageBuilder message = new MessageBuilder();
        StructBuilder root = message.root(1, 1);
        root.setU16(0, RpcMessageReader.RETURN);
        StructBuilder payload = root.struct(0, 2, 1).struct(0, 0, 2);
        payload.setCapability(0, 0);
        StructBuilder descriptor = payload.element(payload.structs(1, 1, 1, 1), 0, 1, 1);
        descriptor.setU16(0, kind);
        descriptor.setU32(4, id);
        return message.toFrame();
    }

    private RpcMessage last() {
        List<RpcMessage> messages = sent.messages();
        return messages.get(messages.size() - 1);
    }

    private static MessageTarget target(RpcMessage call) {
        return ((RpcMessage.Call) call).target();
    }

    /** Ids of Bootstrap and of all calls, in order. */
    private List<Integer> questions() {
        List<Integer> ids = new ArrayList<>();
        for (RpcMessage message : sent.messages()) {
            if (message instanceof RpcMessage.Bootstrap bootstrap) {
                ids.add(bootstrap.questionId());
            } else if (message instanceof RpcMessage.Call call) {
                ids.add(call.questionId());
            }
        }
        return ids;
    }

    private static <T> CompletableFuture<T> future(RpcCall<T> call) {
        return call.result().toCompletableFuture();
    }

    private static void assertFailed(RpcCall<?> call, RpcException.Type type, String reason) {
        assertThatThrownBy(() -> future(call).join())
                .hasCauseInstanceOf(RpcException.class)
                .cause()
                .hasMessageContaining(reason)
                .satisfies(e -> assertThat(((RpcException) e).type()).isEqualTo(type));
    }
}
