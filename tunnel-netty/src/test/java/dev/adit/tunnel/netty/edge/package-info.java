/** Tests of the edge over real sockets: a scripted connector on one side, a raw visitor on the other. */
@NullMarked
package dev.adit.tunnel.netty.edge;

import org.jspecify.annotations.NullMarked;
