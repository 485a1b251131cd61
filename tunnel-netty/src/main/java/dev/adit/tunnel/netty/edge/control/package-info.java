/**
 * The control listener: quick tunnels for whoever can reach it. Opened and closed by the edge; each request is answered
 * on its own event loop and asks the edge for a tunnel.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.control;

import org.jspecify.annotations.NullMarked;
