package dev.adit.tunnel.netty.connector.dial;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Says where the edge is. Asked before each attempt, so it keeps what does not change. Safe for use by several threads. */
public sealed interface EdgeSource permits StaticEdges, EdgeDiscovery {

    /**
     * Finds the edge's addresses.
     *
     * @param loop where the future is completed
     * @return at least one site; exceptionally with a {@link dev.adit.tunnel.TunnelException} that says what failed
     */
    CompletableFuture<List<EdgeSite>> sites(EventLoop loop);

    /**
     * Returns what to call the edge while none of its addresses is known.
     *
     * @return unresolved
     */
    InetSocketAddress name();
}
