/**
 * Services that speak TCP rather than HTTP. {@code connector.serve} calls
 * {@link dev.adit.tunnel.netty.origin.stream.StreamOriginProxy} as it calls any other
 * {@link dev.adit.tunnel.netty.origin.OriginProxy}, on the tunnel connection's event loop, where the TCP connection lives
 * too; private TCP streams go to {@link dev.adit.tunnel.netty.origin.stream.PrivateNetworkProxy}. A visitor's bytes come in WebSocket messages, or plain on private streams ({@code VisitorSide}); the destination is
 * the rule's, or named by a header, or asked for by SOCKS5, and then checked ({@code Destinations}).
 */
@NullMarked
package dev.adit.tunnel.netty.origin.stream;

import org.jspecify.annotations.NullMarked;
