package dev.adit.tunnel.netty;

import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.edge.NettyTunnelEdge;
import dev.adit.tunnel.spi.EdgeSettings;
import dev.adit.tunnel.spi.TunnelEdgeProvider;

/** Starts the Netty edge. Public only for {@link java.util.ServiceLoader}. */
public final class NettyTunnelEdgeProvider implements TunnelEdgeProvider {

    /** For {@link java.util.ServiceLoader}. */
    public NettyTunnelEdgeProvider() {}

    @Override
    public TunnelEdge start(EdgeSettings settings) {
        return NettyTunnelEdge.start(settings);
    }
}
