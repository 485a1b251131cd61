/**
 * JMH benchmarks, built by {@code verify} and run by hand: {@code java -jar benchmarks/target/benchmarks.jar}.
 *
 * <p>{@code codec} measures what is done for each request or connection without any socket, {@code path} a request's
 * whole way through edge, connector and origin in one process. What each number means, and which numbers may be
 * compared, stands in {@code benchmarks/README.md}.
 */
@NullMarked
package dev.adit.tunnel.benchmarks;

import org.jspecify.annotations.NullMarked;
