/** Tests of the edge's certificate package. */
@NullMarked
package dev.adit.tunnel.netty.edge.certificate;

import org.jspecify.annotations.NullMarked;
