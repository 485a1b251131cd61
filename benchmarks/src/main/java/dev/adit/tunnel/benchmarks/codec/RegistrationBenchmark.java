package dev.adit.tunnel.benchmarks.codec;

import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionOptions;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationClient;
import dev.adit.tunnel.netty.wire.rpc.RegistrationServer;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import dev.adit.tunnel.netty.wire.rpc.RpcCall;
import dev.adit.tunnel.netty.wire.rpc.TunnelAuth;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The messages that register one connection, once per connection and not per request: what an edge spends on a connector
 * that asks, and so on a stranger too.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RegistrationBenchmark {

    private static final RegisterConnection REQUEST = new RegisterConnection(
            new TunnelAuth(
                    "0123456789abcdef0123456789abcdef",
                    "0123456789abcdefghijklmnopqrstuv".getBytes(StandardCharsets.US_ASCII)),
            UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"),
            0,
            new ConnectionOptions(
                    UUID.fromString("d9507d6e-0a86-432a-9675-b60eb524c706"),
                    List.of("allow_remote_config", "serialized_headers"),
                    "2026.8.2",
                    "linux_amd64",
                    InetAddress.getLoopbackAddress(),
                    false,
                    0,
                    0));

    private static final RegistrationService ACCEPTING = new RegistrationService() {
        private final CompletableFuture<ConnectionResponse> accepted = CompletableFuture.completedFuture(
                new ConnectionDetails(UUID.fromString("ed99bb7c-728e-28cc-bb48-541be7b440d8"), "local", false));
        private final CompletableFuture<Void> done = CompletableFuture.allOf();

        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
            return accepted;
        }

        @Override
        public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
            return done;
        }

        @Override
        public CompletionStage<Void> unregisterConnection() {
            return done;
        }
    };

    private final byte[] asked = bytesOf(out -> new RegistrationClient(out).register(REQUEST));

    /**
     * The connector writes Bootstrap and the registration.
     *
     * @return how many bytes it wrote
     */
    @Benchmark
    public int connectorAsks() {
        ByteCount count = new ByteCount();
        RpcCall<ConnectionResponse> call = new RegistrationClient(count).register(REQUEST);
        call.result();
        return count.bytes;
    }

    /**
     * The edge reads what {@link #connectorAsks} wrote and writes both answers.
     *
     * @return how many bytes it wrote
     */
    @Benchmark
    public int edgeAnswers() {
        ByteCount count = new ByteCount();
        new RegistrationServer(ACCEPTING, Runnable::run, count).receive(Unpooled.wrappedBuffer(asked));
        return count.bytes;
    }

    /**
     * Both ends until the connector knows that it is registered.
     *
     * @return the edge's answer
     */
    @Benchmark
    public ConnectionResponse conversation() {
        return new Conversation().register();
    }

    private static byte[] bytesOf(Consumer<Consumer<ByteBuf>> writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.accept(message -> {
            byte[] read = new byte[message.readableBytes()];
            message.readBytes(read).release();
            bytes.writeBytes(read);
        });
        return bytes.toByteArray();
    }

    /** Takes ownership of messages, to count and release them. */
    private static final class ByteCount implements Consumer<ByteBuf> {
        private int bytes;

        @Override
        public void accept(ByteBuf message) {
            bytes += message.readableBytes();
            message.release();
        }
    }

    /** Two ends and what is on its way between them, as on a socket: neither is called while it is writing. */
    private static final class Conversation {
        private final Deque<ByteBuf> toServer = new ArrayDeque<>();
        private final Deque<ByteBuf> toClient = new ArrayDeque<>();
        private final RegistrationServer server = new RegistrationServer(ACCEPTING, Runnable::run, toClient::add);
        private final RegistrationClient client = new RegistrationClient(toServer::add);

        private ConnectionResponse register() {
            CompletionStage<ConnectionResponse> answer =
                    client.register(REQUEST).result();
            while (!toServer.isEmpty() || !toClient.isEmpty()) {
                deliver(toServer, server::receive);
                deliver(toClient, client::receive);
            }
            return answer.toCompletableFuture().join();
        }

        private static void deliver(Deque<ByteBuf> messages, Consumer<ByteBuf> reader) {
            for (ByteBuf message = messages.poll(); message != null; message = messages.poll()) {
                reader.accept(message);
                message.release();
            }
        }
    }
}
