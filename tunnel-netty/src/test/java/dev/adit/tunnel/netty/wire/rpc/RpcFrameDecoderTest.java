package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RpcFrameDecoderTest {

    private final RpcFrameDecoder decoder = new RpcFrameDecoder(1024);
    private final List<SegmentedMessage> messages = new ArrayList<>();

    @Test
    void borrowsTheChunkAndReadsItToItsEnd() {
        ByteBuf chunk = RpcMessageWriter.finish(1, true);
        decoder.decode(chunk, messages::add);
        assertThat(chunk.isReadable()).isFalse();
        assertThat(chunk.release()).isTrue();
        assertThat(messages).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 63, 64})
    void acceptsSeveralSegments(int segments) {
        ByteBuf frame = Unpooled.buffer().writeIntLE(segments - 1);
        for (int i = 0; i < segments; i++) {
            frame.writeIntLE(1);
        }
        if (segments % 2 == 0) {
            frame.writeIntLE(0);
        }
        frame.writeLongLE(0xffff_fffcL);
        frame.writeZero(8 * (segments - 1));
        while (frame.isReadable()) {
            assertThat(messages).isEmpty();
            decoder.decode(frame.readSlice(1), messages::add);
        }
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).segments()).isEqualTo(segments);
        assertThat(decoder.isBetweenMessages()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65535, Integer.MAX_VALUE, -1})
    void refusesTooManySegments(int countMinusOne) {
        assertThatThrownBy(
                        () -> decode(Unpooled.buffer().writeIntLE(countMinusOne).writeIntLE(1)))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("segments");
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 0x1000_0000, Integer.MAX_VALUE, -1})
    void refusesTooManyBytesBeforeTheyArrive(int words) {
        assertThatThrownBy(() -> decode(Unpooled.buffer().writeIntLE(0).writeIntLE(words)))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("at most 1024");
    }

    @Test
    void refusesSizesThatOverflowTogether() {
        assertThatThrownBy(() -> decode(Unpooled.buffer()
                        .writeIntLE(2)
                        .writeIntLE(-1)
                        .writeIntLE(-1)
                        .writeIntLE(-1)))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("at most 1024");
    }

    @Test
    void takesTheLargestMessageAndNoByteMore() {
        decode(Unpooled.buffer().writeIntLE(0).writeIntLE(127).writeZero(127 * 8));
        assertThat(messages).hasSize(1);
    }

    @Test
    void aNewBoundHoldsForTheNextMessage() {
        decoder.setMaxMessageBytes(1032);
        decode(Unpooled.buffer().writeIntLE(0).writeIntLE(128).writeZero(128 * 8));
        assertThat(messages).hasSize(1);
    }

    @Test
    void refusesAMessageWithoutRoot() {
        assertThatThrownBy(() -> decode(Unpooled.buffer().writeIntLE(0).writeIntLE(0)))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("root");
    }

    @Test
    void readsNothingAfterAnError() {
        assertThatThrownBy(() -> decode(Unpooled.buffer().writeIntLE(0).writeIntLE(-1)))
                .isInstanceOf(RpcProtocolException.class);
        assertThatThrownBy(() -> decode(RpcMessageWriter.bootstrap(0)))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("already broken");
        assertThat(messages).isEmpty();
    }

    @Test
    void aTruncatedMessageIsNoMessage() {
        ByteBuf frame = RpcMessageWriter.bootstrap(0);
        decode(frame.readSlice(frame.readableBytes() - 1));
        assertThat(messages).isEmpty();
        assertThat(decoder.isBetweenMessages()).isFalse();
    }

    private void decode(ByteBuf chunk) {
        decoder.decode(chunk, messages::add);
    }
}
