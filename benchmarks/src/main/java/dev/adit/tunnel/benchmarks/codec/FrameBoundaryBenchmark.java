package dev.adit.tunnel.benchmarks.codec;

import dev.adit.tunnel.netty.wire.websocket.FrameBoundary;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What following the frames of a relayed WebSocket adds to one read from its origin. A read is one frame of 64 octets (chat),
 * 64 of them (a busy feed), or a part of a long frame (16 KiB within 1 MiB).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBoundaryBenchmark {

    private static final int SHORT = 64;

    /** What one read brings. */
    @Param({"one", "many", "part"})
    public String read = "one";

    private final FrameBoundary boundary = new FrameBoundary();
    private ByteBuf octets = PooledByteBufAllocator.DEFAULT.directBuffer(0);
    private long counted;

    /** Makes the octets of one read. */
    @Setup
    public void fill() {
        octets.release();
        octets = PooledByteBufAllocator.DEFAULT.directBuffer(16 * 1024);
        if (read.equals("part")) {
            octets.writeByte(0x82).writeByte(127).writeLong(Long.MAX_VALUE);
            boundary.pass(octets);
            octets.clear().writeZero(16 * 1024);
        } else {
            for (int frame = 0; frame < (read.equals("one") ? 1 : SHORT); frame++) {
                octets.writeByte(0x82).writeByte(SHORT).writeZero(SHORT);
            }
        }
    }

    /** Gives the buffer back. */
    @TearDown
    public void release() {
        octets.release();
    }

    /**
     * The measure to compare with.
     *
     * @return octets so far
     */
    @Benchmark
    public long count() {
        counted += octets.readableBytes();
        return counted;
    }

    /**
     * Follows the frames.
     *
     * @return whether a frame may be put in
     */
    @Benchmark
    public boolean follow() {
        boundary.pass(octets);
        return boundary.isBoundary();
    }
}
