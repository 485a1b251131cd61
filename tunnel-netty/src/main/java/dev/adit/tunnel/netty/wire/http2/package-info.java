/**
 * The HTTP/2 layer of a tunnel connection, in either role: {@link dev.adit.tunnel.netty.wire.http2.TunnelHttp2} is the
 * pipeline's handler, {@link dev.adit.tunnel.netty.wire.http2.TunnelStream} one stream on it. There are no child
 * channels. Called by {@code connector.serve} (HTTP/2 server role) and {@code edge.acceptor} (client role), always on
 * the connection's event loop. Connections to HTTP/2 origins are of the same make: {@code origin.http2} uses it in the
 * client role.
 *
 * <p>Windows, walked through. Each side announces 64 KiB for a new stream. Say a visitor uploads: the edge may send
 * 65,536 bytes before the connector answers. Every DATA frame is passed on to the origin at once and its <em>connection</em>
 * credit is returned at once, so no stream can starve another. Its <em>stream</em> credit is returned only when the
 * origin's socket has taken the bytes; a stuck origin therefore holds at most one stream window of memory. A stream
 * whose bytes are drained while more arrive gets a window twice as large, up to 1 MiB, as long as the
 * {@link dev.adit.tunnel.netty.wire.http2.ReceiveBudget} of the process has room.
 */
@NullMarked
package dev.adit.tunnel.netty.wire.http2;

import org.jspecify.annotations.NullMarked;
