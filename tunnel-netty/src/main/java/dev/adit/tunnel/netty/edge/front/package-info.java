/**
 * Where visitors come in: HTTP/1.1, strictly read. {@link dev.adit.tunnel.netty.edge.front.PublicListener} is opened and
 * closed by the edge; everything else here belongs to one visitor connection and runs on its event loop, except
 * {@code TunnelCall}, which lives on the event loop of the tunnel connection it uses. A request asks {@code router} for a
 * connection and becomes a stream on it.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.front;

import org.jspecify.annotations.NullMarked;
