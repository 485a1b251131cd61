/** Both ends of a tunnel with real peers around them: an edge, a connector, an origin and visitors on loopback. */
@NullMarked
package dev.adit.tunnel.netty.pair;

import org.jspecify.annotations.NullMarked;
