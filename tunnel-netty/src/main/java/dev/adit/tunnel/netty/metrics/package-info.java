/**
 * Micrometer meters of a tunnel, for applications that have a registry. Uses the API alone; the library is an optional
 * dependency.
 */
@NullMarked
package dev.adit.tunnel.netty.metrics;

import org.jspecify.annotations.NullMarked;
