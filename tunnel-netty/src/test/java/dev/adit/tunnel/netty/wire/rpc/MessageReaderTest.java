package dev.adit.tunnel.netty.wire.rpc;

import static dev.adit.tunnel.netty.wire.rpc.Words.doubleFar;
import static dev.adit.tunnel.netty.wire.rpc.Words.far;
import static dev.adit.tunnel.netty.wire.rpc.Words.list;
import static dev.adit.tunnel.netty.wire.rpc.Words.message;
import static dev.adit.tunnel.netty.wire.rpc.Words.segment;
import static dev.adit.tunnel.netty.wire.rpc.Words.struct;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Shapes of messages: all that the encoding allows is read, all that it does not is refused. */
class MessageReaderTest {

    private static final long HELLO = 0x6f6c6c6568L; // "hello" and NULs

    @Test
    void readsAStructInAnotherSegment() {
        SegmentedMessage message = message(segment(far(1, 1)), segment(0, struct(0, 1, 0), 42));
        assertThat(message.root().struct().i64(0)).isEqualTo(42);
    }

    @Test
    void readsThroughADoubleFarPointer() {
        SegmentedMessage message =
                message(segment(doubleFar(1, 0)), segment(far(2, 1), struct(0, 1, 1)), segment(0, 42, 0));
        assertThat(message.root().struct().i64(0)).isEqualTo(42);
        assertThat(message.root().struct().pointer(0).isNull()).isTrue();
    }

    @Test
    void readsTextsInOtherSegmentsBothWays() {
        SegmentedMessage message = message(
                segment(struct(0, 0, 2), far(1, 0), doubleFar(1, 2)),
                segment(list(0, 2, 6), HELLO, far(2, 0), list(0, 2, 3)),
                segment(HELLO & 0xffff));
        StructReader root = message.root().struct();
        assertThat(root.pointer(0).text()).isEqualTo("hello");
        assertThat(root.pointer(1).text()).isEqualTo("he");
    }

    @Test
    void farPointersCannotChainOrLoop() {
        assertRefused(() -> message(segment(far(0, 0))).root());
        assertRefused(() -> message(segment(far(1, 0)), segment(far(0, 0))).root());
        assertRefused(() -> message(segment(doubleFar(0, 0), 0)).root());
        assertRefused(() ->
                message(segment(doubleFar(1, 0)), segment(far(1, 0), far(1, 0))).root());
        assertRefused(() -> message(segment(doubleFar(1, 0)), segment(struct(0, 0, 0), struct(0, 0, 0)))
                .root());
        assertRefused(() -> message(segment(doubleFar(1, 0)), segment(doubleFar(1, 0), struct(0, 0, 0)))
                .root());
        assertRefused(() -> message(segment(doubleFar(1, 0)), segment(far(0, 0), struct(1, 0, 0)))
                .root());
    }

    @Test
    void farPointersStayInsideTheMessage() {
        assertRefused(() -> message(segment(far(1, 0))).root());
        assertRefused(() -> message(segment(far(-1, 0))).root());
        assertRefused(() -> message(segment(far(0, 1))).root());
        assertRefused(() -> message(segment(far(0, 0x1fff_ffff))).root());
        assertRefused(() -> message(segment(doubleFar(0, 1), struct(0, 0, 0))).root());
        assertRefused(() -> message(segment(doubleFar(1, 0)), segment(far(7, 0), struct(0, 1, 0)))
                .root()
                .struct());
        assertRefused(() -> message(segment(doubleFar(1, 0)), segment(far(1, 9), struct(0, 0, 0)))
                .root());
    }

    @Test
    void structsStayInsideTheirSegment() {
        assertRefused(() -> message(segment(struct(0, 1, 0))).root().struct());
        assertRefused(() -> message(segment(struct(-2, 1, 0))).root().struct());
        assertRefused(() ->
                message(segment(struct(0x1fff_ffff, 0xffff, 0xffff), 0)).root().struct());
        assertRefused(
                () -> message(segment(struct(-0x2000_0000, 1, 1), 0)).root().struct());
        assertRefused(() ->
                message(segment(struct(0, 1, 1), 0), segment(0, 0)).root().struct());
    }

    @Test
    void listsStayInsideTheirSegment() {
        assertRefused(() -> message(segment(list(0, 2, 9), 0)).root().data());
        assertRefused(() -> message(segment(list(0, 2, 0x1fff_ffff), 0)).root().data());
        assertRefused(() -> message(segment(list(0, 5, 0x1fff_ffff), 0)).root().list());
        assertRefused(() -> message(segment(list(0, 6, 2), 0)).root().list());
        assertRefused(
                () -> message(segment(list(0, 7, 2), struct(1, 1, 0), 0)).root().list());
        assertRefused(() -> message(segment(list(0, 7, 0))).root().list());
    }

    @Test
    void compositeListsHoldWhatTheyClaim() {
        assertRefused(
                () -> message(segment(list(0, 7, 1), struct(2, 1, 0), 0)).root().list());
        assertRefused(() -> message(segment(list(0, 7, 1), struct(-1, 0xffff, 0xffff), 0))
                .root()
                .list());
        assertRefused(
                () -> message(segment(list(0, 7, 1), list(1, 1, 0), 0)).root().list());
    }

    @Test
    void hugeListsOfNothingAreRefused() {
        assertRefused(() -> message(segment(list(0, 0, 0x1fff_ffff))).root().list());
        assertRefused(
                () -> message(segment(list(0, 7, 0), struct(-1, 0, 0))).root().list());
        assertThat(message(segment(list(0, 0, 3))).root().list().size()).isEqualTo(3);
        assertThat(message(segment(list(0, 7, 0), struct(3, 0, 0)))
                        .root()
                        .list()
                        .size())
                .isEqualTo(3);
    }

    @Test
    void smallValuesReadAsStructsOfOneField() {
        assertThat(message(segment(list(0, 2, 3), 0x030201))
                        .root()
                        .list()
                        .struct(2)
                        .u8(0))
                .isEqualTo(3);
        assertThat(message(segment(list(0, 3, 2), 0x0002_0001))
                        .root()
                        .list()
                        .struct(1)
                        .u16(0))
                .isEqualTo(2);
        assertThat(message(segment(list(0, 3, 2), 0x0002_0001))
                        .root()
                        .list()
                        .struct(0)
                        .u32(0))
                .isZero();
        assertThat(message(segment(list(0, 4, 2), 2L << 32))
                        .root()
                        .list()
                        .struct(1)
                        .u32(0))
                .isEqualTo(2);
        assertThat(message(segment(list(0, 5, 2), 1, 2)).root().list().struct(1).i64(0))
                .isEqualTo(2);
        assertRefused(() -> message(segment(list(0, 1, 3), 7)).root().list());
    }

    @Test
    void textsMayBeWrappedInStructs() {
        assertThat(message(segment(list(0, 7, 2), struct(1, 1, 1), 7, list(0, 2, 6), HELLO))
                        .root()
                        .list()
                        .texts())
                .containsExactly("hello");
        assertThat(message(segment(list(0, 6, 2), list(1, 2, 6), 0, HELLO))
                        .root()
                        .list()
                        .texts())
                .containsExactly("hello", "");
    }

    @Test
    void textsEndWithNul() {
        assertRefused(() -> message(segment(list(0, 2, 5), HELLO)).root().text());
        assertRefused(() -> message(segment(list(0, 2, 0))).root().text());
        assertThat(message(segment(list(0, 2, 0))).root().data()).isEmpty();
    }

    @Test
    void shortAndLongStructsAndNullReadAlike() {
        StructReader shorter = message(segment(struct(0, 0, 1), 0)).root().struct();
        assertThat(shorter.i64(0)).isZero();
        assertThat(shorter.u32(4)).isZero();
        assertThat(shorter.u16(0)).isZero();
        assertThat(shorter.bit(64)).isFalse();
        assertThat(shorter.pointer(5).struct().pointer(0).text()).isEmpty();
        StructReader longer =
                message(segment(struct(0, 3, 2), 7, 8, 9, 0, 0)).root().struct();
        assertThat(longer.i64(0)).isEqualTo(7);
        StructReader none = message(segment(0)).root().struct();
        assertThat(none.i64(0)).isZero();
        assertThat(none.pointer(0).list().size()).isZero();
        assertThat(none.pointer(0).data()).isEmpty();
        assertThat(none.pointer(0).capability()).isEqualTo(-1);
        assertThat(message(segment(struct(-1, 0, 0))).root().struct().pointers())
                .isZero();
    }

    @Test
    void otherKindsOfPointersAreRefused() {
        assertRefused(() -> message(segment(list(0, 2, 1), 0)).root().struct());
        assertRefused(() -> message(segment(struct(0, 1, 0), 0)).root().list());
        assertRefused(() -> message(segment(struct(0, 1, 0), 0)).root().text());
        assertRefused(() -> message(segment(list(0, 3, 1), 0)).root().text());
        assertRefused(() -> message(segment(struct(0, 1, 0), 0)).root().capability());
        assertRefused(() -> message(segment(3 | 4)).root().capability());
        assertRefused(() -> message(segment(3 | 0xffff_ffffL << 32)).root().capability());
        assertThat(message(segment(3 | 5L << 32)).root().capability()).isEqualTo(5);
    }

    @Test
    void circlesEndAtTheDepthLimit() {
        SegmentedMessage circle = message(segment(struct(-1, 0, 1)));
        assertThatThrownBy(() -> Words.walk(circle))
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("deeper than 64");
    }

    @Test
    void branchingCirclesEndAtTheBudget() {
        long[] words = new long[9];
        words[0] = struct(0, 0, 8);
        for (int i = 0; i < 8; i++) {
            words[1 + i] = struct(-1 - i - 1, 0, 8); // each leads back to the whole row
        }
        assertThatThrownBy(() -> Words.walk(message(words))).isInstanceOf(RpcProtocolException.class);
    }

    @Test
    void overlappingTextsEndAtTheBudget() {
        long[] words = new long[1 + 1000 + 4000];
        words[0] = list(0, 6, 1000);
        for (int i = 0; i < 1000; i++) {
            words[1 + i] = list(1000 - i - 1, 2, 32_000);
        }
        assertThatThrownBy(() -> message(words).root().list().texts())
                .isInstanceOf(RpcProtocolException.class)
                .hasMessageContaining("far more data");
    }

    private static void assertRefused(ThrowingCallable read) {
        assertThatThrownBy(read).isInstanceOf(RpcProtocolException.class);
    }
}
