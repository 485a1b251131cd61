/**
 * The public end. {@link dev.adit.tunnel.netty.edge.NettyTunnelEdge} is started by the composition root and called by the
 * application on any thread; it owns the listeners of {@code front}, {@code acceptor} and {@code control}. A visitor
 * request goes {@code front -> router -> registry}, and from there into the connection that {@code acceptor} admitted.
 */
@NullMarked
package dev.adit.tunnel.netty.edge;

import org.jspecify.annotations.NullMarked;
