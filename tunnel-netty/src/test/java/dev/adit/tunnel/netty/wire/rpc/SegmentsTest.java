package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The same call in one segment and in many, full of far pointers, as the Cap'n Proto project's own tool encodes it; see
 * {@code registration-call.capnp} next to the files.
 */
class SegmentsTest {

    @ParameterizedTest
    @CsvSource({"1, 22", "2, 22", "4, 21", "8, 11", "16, 5"})
    void segmentsMeanNothing(int segmentWords, int segments) throws IOException {
        List<SegmentedMessage> messages = new ArrayList<>();
        new RpcFrameDecoder(64 * 1024).decode(Unpooled.wrappedBuffer(golden(segmentWords)), messages::add);
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).segments()).isEqualTo(segments);

        RpcMessage.Call call = (RpcMessage.Call) RpcMessageReader.read(messages.get(0));
        assertThat(call.questionId()).isEqualTo(1);
        assertThat(call.target()).isEqualTo(new RpcMessage.MessageTarget.PromisedAnswer(0, List.of()));
        assertThat(call.interfaceId()).isEqualTo(RegistrationSchema.REGISTRATION_SERVER);
        assertThat(call.params().capTable())
                .containsExactly(new RpcMessage.CapDescriptor(0, 0), new RpcMessage.CapDescriptor(1, 5));
        assertThat(RegistrationSchema.registerConnection(call.params().content()))
                .isEqualTo(RegistrationSamples.request());
    }

    static byte[] golden(int segmentWords) throws IOException {
        try (InputStream in =
                SegmentsTest.class.getResourceAsStream("/vectors/segments/call-" + segmentWords + ".hex")) {
            assertThat(in).isNotNull();
            String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        }
    }
}
