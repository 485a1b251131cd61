/**
 * Which tunnels there are ({@link dev.adit.tunnel.netty.edge.registry.TunnelStore}) and which connections serve them now
 * ({@link dev.adit.tunnel.netty.edge.registry.TunnelRegistry}). Filled by {@code acceptor} and by the edge itself, read by
 * {@code front} for every request; safe for use by several threads.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.registry;

import org.jspecify.annotations.NullMarked;
