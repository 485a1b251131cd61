/**
 * The visitor's side of TCP services: {@link dev.adit.tunnel.netty.visitor.AccessListener} opens a local port and
 * {@link dev.adit.tunnel.netty.visitor.StreamCopy} copies one pair of streams. Called by the composition root on any thread.
 * Each local connection is a {@code TcpCall} on an event loop of its own choice, with a WebSocket ({@code WebSocketDial},
 * then {@code WebSocketLink}) on the same loop. Knows {@code wire} and {@code transport} and neither end of the tunnel: what
 * it speaks to is the edge's public address.
 */
@NullMarked
package dev.adit.tunnel.netty.visitor;

import org.jspecify.annotations.NullMarked;
