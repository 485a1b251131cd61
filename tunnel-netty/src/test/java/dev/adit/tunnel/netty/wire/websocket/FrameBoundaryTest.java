package dev.adit.tunnel.netty.wire.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where frames end in a stream of octets, however it is cut into pieces. */
class FrameBoundaryTest {

    private static final int[] LENGTHS = {0, 1, 2, 125, 126, 127, 65_535, 65_536, 70_000};

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyEndOfAFrameIsSeenAndNoOther(long seed) {
        Random random = new Random(seed);
        TreeSet<Integer> ends = new TreeSet<>();
        ends.add(0);
        ByteBuf stream = frames(random, ends);
        FrameBoundary boundary = new FrameBoundary();
        int passed = 0;
        while (passed < stream.writerIndex()) {
            int piece = Math.min(random.nextInt(random.nextBoolean() ? 4 : 50_000), stream.writerIndex() - passed);
            boundary.pass(stream.slice(passed, piece));
            passed += piece;
            assertThat(boundary.isBoundary()).isEqualTo(ends.contains(passed));
            assertThat(boundary.isClosed()).isFalse();
        }
        assertThat(boundary.isBoundary()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void theNextEndIsFoundWithinAPiece(long seed) {
        Random random = new Random(seed);
        TreeSet<Integer> ends = new TreeSet<>();
        ByteBuf stream = frames(random, ends);
        for (int i = 0; i < 200; i++) {
            int from = random.nextInt(stream.writerIndex() - 1);
            FrameBoundary boundary = new FrameBoundary();
            boundary.pass(stream.slice(0, from));
            int piece = 1 + random.nextInt(stream.writerIndex() - from);
            Integer next = ends.higher(from);
            int expected = next == null || next > from + piece ? piece : next - from;
            assertThat(boundary.passToBoundary(stream.slice(from, piece))).isEqualTo(expected);
            assertThat(boundary.isBoundary()).isEqualTo(ends.contains(from + expected));
        }
    }

    @Test
    void aCloseIsSeenWithItsFirstOctet() {
        FrameBoundary boundary = new FrameBoundary();
        boundary.pass(Unpooled.wrappedBuffer(new byte[] {(byte) 0x82, 1, 8}));
        assertThat(boundary.isClosed()).isFalse();
        boundary.pass(Unpooled.wrappedBuffer(new byte[] {(byte) 0x88}));
        assertThat(boundary.isClosed()).isTrue();
        assertThat(boundary.isBoundary()).isFalse();
    }

    @Test
    void aLengthThatIsNotLegalHasNoEnd() {
        FrameBoundary boundary = new FrameBoundary();
        boundary.pass(Unpooled.wrappedBuffer(new byte[] {(byte) 0x82, 127, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0}));
        boundary.pass(Unpooled.wrappedBuffer(new byte[1000]));
        assertThat(boundary.isBoundary()).isFalse();
    }

    /** Frames of all kinds of lengths, masked and not, whose payload looks like heads. */
    private static ByteBuf frames(Random random, Set<Integer> ends) {
        ByteBuf stream = Unpooled.buffer();
        for (int i = 0; i < 40; i++) {
            int length = LENGTHS[random.nextInt(LENGTHS.length)];
            int maskBit = random.nextInt(4) == 0 ? 0x80 : 0;
            stream.writeByte(random.nextBoolean() ? 0x82 : random.nextBoolean() ? 0x01 : 0x89);
            if (length < 126) {
                stream.writeByte(maskBit | length);
            } else if (length < 65_536) {
                stream.writeByte(maskBit | 126).writeShort(length);
            } else {
                stream.writeByte(maskBit | 127).writeLong(length);
            }
            stream.writeZero(maskBit == 0 ? 0 : 4);
            for (int octet = 0; octet < length; octet++) {
                stream.writeByte(octet % 2 == 0 ? 0x88 : 2);
            }
            ends.add(stream.writerIndex());
        }
        return stream;
    }
}
