/** Tests of the edge's router package. */
@NullMarked
package dev.adit.tunnel.netty.edge.router;

import org.jspecify.annotations.NullMarked;
