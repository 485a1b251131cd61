package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Damaged recordings either decode or fail with a protocol error, quickly: no other exception, no endless loop, no answer
 * larger than what came in allows.
 */
@Timeout(120)
class MutatedMessagesTest {

    private static final int MUTATIONS = 25_000;
    private static final long LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Processor time, so that a busy machine is not taken for a slow decoder. */
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private final List<ControlRecording> recordings = ControlRecording.all().toList();
    private final Random random = new Random(20261123);
    private int refused;
    private int slow;

    @Test
    void mutatedStreamsNeverHarmEitherEnd() throws IOException {
        List<byte[]> segmented = List.of(SegmentsTest.golden(1), SegmentsTest.golden(4), SegmentsTest.golden(16));
        for (int i = 0; i < MUTATIONS; i++) {
            ControlRecording recording = recordings.get(i % recordings.size());
            byte[] toEdge = mutate(recording.bytes(true));
            byte[] toConnector = mutate(recording.bytes(false));
            timed(() -> serve(toEdge));
            timed(() -> ask(toConnector));
            timed(() -> walk(toEdge));
            timed(() -> walk(toConnector));
            byte[] farPointers = mutate(segmented.get(i % segmented.size()));
            timed(() -> serve(farPointers));
            timed(() -> walk(farPointers));
        }
        assertThat(refused).as("inputs refused").isGreaterThan(MUTATIONS / 10);
        assertThat(slow)
                .as("inputs that took more than 100 ms of processor time")
                .isZero();
    }

    @Test
    void truncatedStreamsAreQuietlyIncomplete() {
        for (ControlRecording recording : recordings) {
            byte[] bytes = recording.bytes(true);
            for (int length = 0; length < bytes.length; length++) {
                Frames edge = new Frames();
                serve(Arrays.copyOf(bytes, length), edge);
                assertThat(edge.messages()).noneMatch(m -> m instanceof RpcMessage.Abort);
            }
        }
    }

    private void timed(Runnable decode) {
        long start = CLOCK.getCurrentThreadCpuTime();
        try {
            decode.run();
        } catch (RpcProtocolException e) {
            refused++;
        }
        if (CLOCK.getCurrentThreadCpuTime() - start > LIMIT_NANOS) {
            slow++;
        }
    }

    private static void serve(byte[] bytes) {
        serve(bytes, new Frames());
    }

    private static void serve(byte[] bytes, Frames edge) {
        RegistrationServer server = new RegistrationServer(new Welcome(), Runnable::run, edge::collect);
        Frames.feed(bytes, server::receive);
        assertThat(edge.joined().length).isLessThan(20 * bytes.length + 2000);
    }

    private static void ask(byte[] bytes) {
        Frames connector = new Frames();
        RegistrationClient client = new RegistrationClient(connector::collect);
        client.register(RegistrationSamples.request());
        client.updateLocalConfiguration(new byte[10]);
        Frames.feed(bytes, client::receive);
    }

    private static void walk(byte[] bytes) {
        new RpcFrameDecoder(64 * 1024).decode(Unpooled.wrappedBuffer(bytes), Words::walk);
    }

    /** One to eight damages: flipped bits, random bytes, extreme words, cut, doubled or moved pieces. */
    private byte[] mutate(byte[] original) {
        byte[] bytes = original.clone();
        for (int n = 1 + random.nextInt(8); n > 0 && bytes.length >= 16; n--) {
            int at = random.nextInt(bytes.length);
            int word = random.nextInt(bytes.length / 8) * 8;
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> SegmentedMessage.putLong(bytes, word, random.nextLong());
                case 3 -> SegmentedMessage.putInt(bytes, word, -1 >>> random.nextInt(32));
                case 4 -> SegmentedMessage.putInt(bytes, word + 4, -1 >>> random.nextInt(32));
                case 5 -> {
                    int from = random.nextInt(bytes.length / 8) * 8;
                    SegmentedMessage.putLong(bytes, word, SegmentedMessage.getLong(bytes, from));
                }
                default -> bytes = Arrays.copyOf(bytes, 1 + at);
            }
        }
        return bytes;
    }

    private static final class Welcome implements RegistrationService {
        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
            return CompletableFuture.completedFuture(RegistrationSamples.details());
        }

        @Override
        public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> unregisterConnection() {
            return CompletableFuture.completedFuture(null);
        }
    }
}
