/**
 * What the hot path computes, without sockets: serialised headers, the choice of a rule, registration messages.
 *
 * <p><b>Who calls in:</b> JMH. <b>Who is called:</b> the public types of {@code wire}, {@code wire.rpc} and the API; what
 * is package-private there is measured through them. <b>Thread:</b> JMH's, one unless {@code -t} says otherwise.
 */
@NullMarked
package dev.adit.tunnel.benchmarks.codec;

import org.jspecify.annotations.NullMarked;
