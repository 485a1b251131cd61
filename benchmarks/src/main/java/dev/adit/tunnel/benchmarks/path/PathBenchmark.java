package dev.adit.tunnel.benchmarks.path;

import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One GET through the tunnel, and the same answer without it. */
@Fork(1)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 5, time = 3)
public abstract class PathBenchmark {

    /** For subclasses that say how many visitors there are and what is measured. */
    PathBenchmark() {}

    /**
     * Through edge and connector.
     *
     * @param visitor of this thread
     * @return the body's length
     * @throws IOException if the answer is wrong
     */
    @Benchmark
    public int tunnel(TunnelVisitor visitor) throws IOException {
        return visitor.connection.get();
    }

    /**
     * The baseline: a plain HTTP server with the same answer.
     *
     * @param visitor of this thread
     * @return the body's length
     * @throws IOException if the answer is wrong
     */
    @Benchmark
    public int direct(DirectVisitor visitor) throws IOException {
        return visitor.connection.get();
    }

    /** One thread's connection to the edge. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH calls connect() before anything else.
    public static class TunnelVisitor {

        private Visitor connection;

        /**
         * Connects.
         *
         * @param servers started
         * @throws IOException if it cannot
         */
        @Setup
        public void connect(Servers servers) throws IOException {
            connection = servers.throughTheTunnel();
        }

        /**
         * Disconnects.
         *
         * @throws IOException never, as a rule
         */
        @TearDown
        public void disconnect() throws IOException {
            connection.close();
        }
    }

    /** One thread's connection to the plain server. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH calls connect() before anything else.
    public static class DirectVisitor {

        private Visitor connection;

        /**
         * Connects.
         *
         * @param servers started
         * @throws IOException if it cannot
         */
        @Setup
        public void connect(Servers servers) throws IOException {
            connection = servers.straightToTheServer();
        }

        /**
         * Disconnects.
         *
         * @throws IOException never, as a rule
         */
        @TearDown
        public void disconnect() throws IOException {
            connection.close();
        }
    }
}
