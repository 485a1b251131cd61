/** Tests of origins: scripted HTTP/1.1 peers on real sockets, and a sink on a real event loop. */
@NullMarked
package dev.adit.tunnel.netty.origin;

import org.jspecify.annotations.NullMarked;
