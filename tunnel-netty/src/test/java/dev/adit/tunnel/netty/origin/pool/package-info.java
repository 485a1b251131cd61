/** Tests of what is known about a pool's members. */
@NullMarked
package dev.adit.tunnel.netty.origin.pool;

import org.jspecify.annotations.NullMarked;
