/**
 * What both ends of a tunnel connection agree on: stream kinds, header names, serialised headers, the response's meta
 * header. Knows neither end. Called by {@code connector}, {@code origin} and {@code edge} on their event loops; nothing
 * here keeps state between calls.
 */
@NullMarked
package dev.adit.tunnel.netty.wire;

import org.jspecify.annotations.NullMarked;
