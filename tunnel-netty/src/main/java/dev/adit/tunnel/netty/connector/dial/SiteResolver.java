package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.EdgeIpVersion;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the addresses of the edge's names. Safe for use by several threads. */
public final class SiteResolver {

    private static final Logger LOG = LoggerFactory.getLogger(SiteResolver.class);

    private final NameResolver resolver;
    private final EdgeIpVersion ipVersion;
    private final WayOut wayOut;

    /**
     * Makes one.
     *
     * @param resolver asks the system, off the event loops
     * @param ipVersion which of a name's addresses are used
     * @param wayOut says which names a proxy resolves
     */
    public SiteResolver(NameResolver resolver, EdgeIpVersion ipVersion, WayOut wayOut) {
        this.resolver = resolver;
        this.wayOut = wayOut;
        this.ipVersion = ipVersion;
    }

    /** Resolves one name; completes on the loop. */
    CompletableFuture<EdgeSite> resolve(InetSocketAddress edge, int region, EventLoop loop) {
        CompletableFuture<EdgeSite> site = new CompletableFuture<>();
        String name = edge.getHostString() + ":" + edge.getPort();
        InetAddress known = edge.getAddress();
        if (known != null || wayOut.isProxied(edge)) {
            site.complete(new EdgeSite(name, region, List.of(edge)));
            return site;
        }
        resolver.resolve(edge.getHostString(), loop).addListener((Future<List<InetAddress>> resolved) -> {
            if (resolved.isSuccess()) {
                List<InetSocketAddress> addresses = new ArrayList<>();
                for (InetAddress address : resolved.getNow()) {
                    if (isWanted(address)) {
                        addresses.add(new InetSocketAddress(address, edge.getPort()));
                    }
                }
                if (addresses.isEmpty()) {
                    site.completeExceptionally(
                            new TunnelException(
                                    "The edge's name " + edge.getHostString() + " has no address of the family "
                                            + ipVersion
                                            + ", and no other is wanted. Set edgeIpVersion or TUNNEL_EDGE_IP_VERSION to auto."));
                } else {
                    site.complete(new EdgeSite(name, region, addresses));
                }
            } else {
                site.completeExceptionally(new TunnelException(
                        "The edge's name " + edge.getHostString() + " has no address: "
                                + resolved.cause().getMessage() + ". Check the name and the resolver.",
                        resolved.cause()));
            }
        });
        return site;
    }

    private boolean isWanted(InetAddress address) {
        return switch (ipVersion) {
            case AUTO -> true;
            case IPV4 -> address instanceof Inet4Address;
            case IPV6 -> address instanceof Inet6Address;
        };
    }

    /** Gathers those that were found; fails with the first failure if none was. All complete on one loop. */
    static CompletableFuture<List<EdgeSite>> those(List<CompletableFuture<EdgeSite>> resolving) {
        CompletableFuture<List<EdgeSite>> all = new CompletableFuture<>();
        CompletableFuture.allOf(resolving.toArray(CompletableFuture[]::new)).whenComplete((done, failure) -> {
            List<EdgeSite> found = new ArrayList<>();
            Throwable first = null;
            for (CompletableFuture<EdgeSite> one : resolving) {
                Throwable failed = failureOf(one);
                if (failed == null) {
                    found.add(one.join());
                } else {
                    LOG.debug("Left out for now: {}", failed.getMessage());
                    first = first == null ? failed : first;
                }
            }
            if (first != null && found.isEmpty()) {
                all.completeExceptionally(first);
            } else {
                all.complete(found);
            }
        });
        return all;
    }

    private static @Nullable Throwable failureOf(CompletableFuture<?> future) {
        Throwable[] failed = new Throwable[1];
        future.whenComplete((value, failure) -> failed[0] = failure);
        return failed[0];
    }
}
