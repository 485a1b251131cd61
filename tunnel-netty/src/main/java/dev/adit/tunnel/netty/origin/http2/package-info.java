/**
 * Origins that speak HTTP/2: in the clear by prior knowledge ({@code h2c}), or over TLS where the origin takes it. Called
 * by {@link dev.adit.tunnel.netty.origin.OriginProxies}; built on {@code wire.http2}, in the client
 * role. A {@link dev.adit.tunnel.netty.origin.http2.Http2OriginProxy} has one
 * {@link dev.adit.tunnel.netty.origin.http2.Http2Pool} for each event loop and server name, the pool its connections, and
 * a {@link dev.adit.tunnel.netty.origin.http2.Http2OriginCall} is one stream. Everything but the proxy lives on one event
 * loop.
 */
@NullMarked
package dev.adit.tunnel.netty.origin.http2;

import org.jspecify.annotations.NullMarked;
