/**
 * From names to an encrypted connection: an {@link dev.adit.tunnel.netty.connector.dial.EdgeSource} says where the edge is,
 * {@link dev.adit.tunnel.netty.connector.dial.EdgeAddresses} chooses an address for each connection,
 * {@link dev.adit.tunnel.netty.connector.dial.EdgeDialer} connects and proves the edge by TLS; {@link dev.adit.tunnel.netty.connector.dial.WayOut} leads there straight or through a proxy;
 * {@link dev.adit.tunnel.netty.connector.dial.EdgeTls} knows whom to trust. Called by
 * {@code connector}; results come on the connection's event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.dial;

import org.jspecify.annotations.NullMarked;
