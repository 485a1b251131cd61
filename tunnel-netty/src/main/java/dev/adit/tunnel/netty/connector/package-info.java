/**
 * Our end of a tunnel: {@link dev.adit.tunnel.netty.connector.ConnectionSupervisor} keeps the connections to the edge,
 * each in a {@link dev.adit.tunnel.netty.connector.ConnectionSlot} that replaces it when it is lost; {@link dev.adit.tunnel.netty.connector.TunnelConnection} is the life of one:
 * {@code dial} opens it, {@code register} speaks the RPC on its control stream, {@code serve} answers the streams of
 * visitors. Called by the composition root; each connection lives on one event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector;

import org.jspecify.annotations.NullMarked;
