package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our two ends take the place of the genuine ones and write the same bytes. */
class RegistrationReplayTest {

    @ParameterizedTest
    @MethodSource("dev.adit.tunnel.netty.wire.rpc.ControlRecording#all")
    void serverAnswersAsTheRecordedEdge(ControlRecording recording) {
        byte[] connector = recording.bytes(true);
        byte[] expected = recording.bytes(false);
        assertThat(serverBytes(recording, Frames::feed)).isEqualTo(expected);
        assertThat(serverBytes(recording, Frames::feedBytewise)).isEqualTo(expected);
        for (int i = 0; i <= connector.length; i++) {
            int split = i;
            assertThat(serverBytes(recording, (bytes, server) -> Frames.feedSplitAt(bytes, split, server)))
                    .as("cut at %d", split)
                    .isEqualTo(expected);
        }
    }

    private static byte[] serverBytes(ControlRecording recording, BiConsumer<byte[], Consumer<ByteBuf>> feeder) {
        Frames edge = new Frames();
        RecordedService service = new RecordedService(recording);
        RegistrationServer server = new RegistrationServer(service, Runnable::run, edge::collect);
        feeder.accept(recording.bytes(true), server::receive);
        assertThat(service.requests).isEqualTo(requests(recording));
        if (recording.name().equals("bootstrap-unanswered")) {
            edge.sent().remove(0); // that edge kept silent, ours does not
        }
        return edge.joined();
    }

    @ParameterizedTest
    @MethodSource("dev.adit.tunnel.netty.wire.rpc.ControlRecording#all")
    void clientAsksAsTheRecordedConnector(ControlRecording recording) {
        // Release before Abort is a race in the recorded connector; ours never sends it.
        byte[] expected = ControlRecording.join(recording.from(true).stream()
                .filter(m -> !m.kind().equals("release"))
                .toList());
        assertThat(clientBytes(recording, Frames::feed)).isEqualTo(expected);
        assertThat(clientBytes(recording, Frames::feedBytewise)).isEqualTo(expected);
        for (int i = 0; i <= 96; i++) {
            int split = i;
            BiConsumer<byte[], Consumer<ByteBuf>> feeder =
                    (bytes, client) -> Frames.feedSplitAt(bytes, Math.min(split, bytes.length), client);
            assertThat(clientBytes(recording, feeder)).as("cut at %d", split).isEqualTo(expected);
        }
    }

    /** Plays the edge's messages in recorded order and does what the connector was seen to do in between. */
    private static byte[] clientBytes(ControlRecording recording, BiConsumer<byte[], Consumer<ByteBuf>> feeder) {
        Frames connector = new Frames();
        RegistrationClient client = new RegistrationClient(connector::collect);
        RpcCall<?> last = null;
        for (ControlRecording.Message message : recording.messages()) {
            if (!message.fromConnector()) {
                feeder.accept(message.frame(), client::receive);
            } else if (message.kind().equals("bootstrap")) { // the first call follows it at once
                last = ask(client, firstCall(recording));
            } else if (message.kind().equals("call") && !message.equals(firstCall(recording))) {
                last = ask(client, message);
            } else if (message.kind().equals("finish")
                    && last != null
                    && message.decoded().get("questionId").equals(1)
                    && !last.result().toCompletableFuture().isDone()) {
                last.cancel();
            } else if (message.kind().equals("abort")) {
                client.shutdown();
                assertThat(client.isClosed()).isTrue();
            }
        }
        return connector.joined();
    }

    private static ControlRecording.Message firstCall(ControlRecording recording) {
        return recording.from(true).get(1);
    }

    private static RpcCall<?> ask(RegistrationClient client, ControlRecording.Message message) {
        Map<String, Object> params = ControlRecording.map(message.decoded().getOrDefault("params", Map.of()));
        return switch ((int) message.decoded().get("methodId")) {
            case RegistrationSchema.REGISTER_CONNECTION -> client.register(request(message));
            case RegistrationSchema.UPDATE_LOCAL_CONFIGURATION ->
                client.updateLocalConfiguration(((String) params.get("config")).getBytes(StandardCharsets.UTF_8));
            default -> client.unregister();
        };
    }

    private static RegisterConnection request(ControlRecording.Message message) {
        RpcMessage.Call call = (RpcMessage.Call) Frames.decode(message.frame()).get(0);
        return RegistrationSchema.registerConnection(call.params().content());
    }

    private static List<Object> requests(ControlRecording recording) {
        List<Object> requests = new ArrayList<>();
        for (ControlRecording.Message message : recording.from(true)) {
            if (message.kind().equals("call")) {
                int method = (int) message.decoded().get("methodId");
                if (method == RegistrationSchema.REGISTER_CONNECTION) {
                    requests.add(request(message));
                } else if (method == RegistrationSchema.UPDATE_LOCAL_CONFIGURATION) {
                    requests.add(ControlRecording.map(message.decoded().get("params"))
                            .get("config"));
                } else {
                    requests.add("unregister");
                }
            }
        }
        return requests;
    }

    /** Gives the answers that the recorded edge gave, in their order; none where that one kept silent. */
    private static final class RecordedService implements RegistrationService {
        private final Deque<Map<String, Object>> answers = new ArrayDeque<>();
        private final List<Object> requests = new ArrayList<>();

        RecordedService(ControlRecording recording) {
            recording.from(false).stream()
                    .map(ControlRecording.Message::decoded)
                    .filter(answer -> !answer.get("answerId").equals(0))
                    .forEach(answers::add);
        }

        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
            requests.add(request);
            return next(content -> response(ControlRecording.map(content.get("result"))));
        }

        @Override
        public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
            requests.add(new String(configuration, StandardCharsets.UTF_8));
            return next(content -> null);
        }

        @Override
        public CompletionStage<Void> unregisterConnection() {
            requests.add("unregister");
            return next(content -> null);
        }

        private <T> CompletionStage<T> next(Function<Map<String, Object>, T> results) {
            Map<String, Object> answer = answers.poll();
            if (answer == null) {
                return new CompletableFuture<>();
            }
            if (answer.get("which").equals("exception")) {
                Map<String, Object> exception = ControlRecording.map(answer.get("exception"));
                return CompletableFuture.failedFuture(new RpcException(
                        RpcException.Type.of((int) exception.get("type")), (String) exception.get("reason")));
            }
            return CompletableFuture.completedFuture(results.apply(ControlRecording.map(answer.get("content"))));
        }

        private static ConnectionResponse response(Map<String, Object> result) {
            if (result.containsKey("error")) {
                Map<String, Object> error = ControlRecording.map(result.get("error"));
                return new ConnectionError(
                        (String) error.get("cause"),
                        Duration.ofNanos(Long.parseLong((String) error.get("retryAfter"))),
                        (boolean) error.get("shouldRetry"));
            }
            Map<String, Object> details = ControlRecording.map(result.get("connectionDetails"));
            byte[] uuid = HexFormat.of().parseHex((String) details.get("uuid"));
            ByteBuf buffer = Unpooled.wrappedBuffer(Arrays.copyOf(uuid, 16));
            return new ConnectionDetails(
                    new UUID(buffer.readLong(), buffer.readLong()), (String) details.get("locationName"), (boolean)
                            details.get("tunnelIsRemotelyManaged"));
        }
    }
}
