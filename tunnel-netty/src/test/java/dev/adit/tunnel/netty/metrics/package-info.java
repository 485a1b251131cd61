/** Tests of the Micrometer binder. */
@NullMarked
package dev.adit.tunnel.netty.metrics;

import org.jspecify.annotations.NullMarked;
