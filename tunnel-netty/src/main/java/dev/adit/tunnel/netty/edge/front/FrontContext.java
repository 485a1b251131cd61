package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.router.HostRouter;
import java.time.Duration;

/**
 * What every visitor connection of one edge shares.
 *
 * @param router host to tunnel
 * @param registry tunnel to connections
 * @param responseTimeout until when a response must have begun
 * @param loopToken this edge's name in {@code CDN-Loop}, a token no other edge has
 */
public record FrontContext(HostRouter router, TunnelRegistry registry, Duration responseTimeout, String loopToken) {}
