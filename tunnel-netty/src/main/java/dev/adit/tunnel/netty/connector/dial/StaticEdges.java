package dev.adit.tunnel.netty.connector.dial;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Edges that the application named. The first, third, ... are one region and the others the second, as in cloudflared
 * 2026.8.2 ({@code edgediscovery/allregions/regions.go}); unlike there, a name stands for all its addresses, not for one.
 */
public final class StaticEdges implements EdgeSource {

    private static final int REGIONS = 2;

    private final List<InetSocketAddress> edges;
    private final SiteResolver resolver;

    /**
     * Takes the list.
     *
     * @param edges at least one, resolved or not; one that comes twice counts once
     * @param resolver finds the addresses of names
     */
    public StaticEdges(List<InetSocketAddress> edges, SiteResolver resolver) {
        this.edges = List.copyOf(new LinkedHashSet<>(edges));
        this.resolver = resolver;
    }

    @Override
    public CompletableFuture<List<EdgeSite>> sites(EventLoop loop) {
        List<CompletableFuture<EdgeSite>> resolving = new ArrayList<>();
        for (int i = 0; i < edges.size(); i++) {
            resolving.add(resolver.resolve(edges.get(i), i % REGIONS, loop));
        }
        return SiteResolver.those(resolving);
    }

    @Override
    public InetSocketAddress name() {
        InetSocketAddress first = edges.get(0);
        return InetSocketAddress.createUnresolved(first.getHostString(), first.getPort());
    }
}
