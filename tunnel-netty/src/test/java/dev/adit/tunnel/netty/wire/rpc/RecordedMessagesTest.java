package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recorded byte of the genuine connector and its edge means to us what it meant to the recording's decoder. */
class RecordedMessagesTest {

    @ParameterizedTest
    @MethodSource("dev.adit.tunnel.netty.wire.rpc.ControlRecording#all")
    void bothDirectionsDecodeAsRecorded(ControlRecording recording) {
        for (boolean fromConnector : new boolean[] {true, false}) {
            byte[] bytes = recording.bytes(fromConnector);
            assertThat(bytes).isEqualTo(ControlRecording.join(recording.from(fromConnector)));
            assertThat(views(bytes, (all, decoder) -> decoder.accept(Unpooled.wrappedBuffer(all))))
                    .isEqualTo(expected(recording, fromConnector));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.adit.tunnel.netty.wire.rpc.ControlRecording#all")
    void cutsInTheStreamMeanNothing(ControlRecording recording) {
        for (boolean fromConnector : new boolean[] {true, false}) {
            byte[] bytes = recording.bytes(fromConnector);
            List<Map<String, Object>> expected = expected(recording, fromConnector);
            assertThat(views(bytes, Frames::feedBytewise)).isEqualTo(expected);
            for (int i = 0; i <= bytes.length; i++) {
                int split = i;
                assertThat(views(bytes, (all, decoder) -> Frames.feedSplitAt(all, split, decoder)))
                        .as("cut at %d", split)
                        .isEqualTo(expected);
            }
        }
    }

    private static List<Map<String, Object>> expected(ControlRecording recording, boolean fromConnector) {
        return recording.from(fromConnector).stream()
                .map(ControlRecording.Message::decoded)
                .toList();
    }

    private static List<Map<String, Object>> views(byte[] bytes, BiConsumer<byte[], Consumer<ByteBuf>> feeder) {
        List<Map<String, Object>> views = new ArrayList<>();
        RpcFrameDecoder decoder = new RpcFrameDecoder(64 * 1024);
        feeder.accept(
                bytes,
                chunk -> decoder.decode(chunk, segments -> views.add(DecodedView.of(RpcMessageReader.read(segments)))));
        assertThat(decoder.isBetweenMessages()).isTrue();
        return views;
    }
}
