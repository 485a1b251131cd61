/** The composition root: builds, starts and closes both ends in order. */
@NullMarked
package dev.adit.tunnel.netty;

import org.jspecify.annotations.NullMarked;
