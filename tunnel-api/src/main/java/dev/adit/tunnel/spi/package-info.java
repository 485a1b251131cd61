/**
 * Where an implementation plugs in: found by {@link java.util.ServiceLoader}, called by the types of
 * {@code dev.adit.tunnel}. Applications do not use it.
 */
@NullMarked
package dev.adit.tunnel.spi;

import org.jspecify.annotations.NullMarked;
