package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.TunnelException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds Cloudflare's edge: the SRV record {@code _v2-origintunneld._tcp.argotunnel.com} by the system's name servers, by
 * DNS over TLS where those fail. Each of the first two targets, by priority and weight, is a region. The answer is kept
 * for five minutes, and used on when a later question fails; the targets' addresses are resolved at each attempt. Source:
 * cloudflared 2026.8.2, {@code edgediscovery/allregions}. Safe for use by several threads.
 */
public final class EdgeDiscovery implements EdgeSource {

    private static final Logger LOG = LoggerFactory.getLogger(EdgeDiscovery.class);

    static final Duration KEEP = Duration.ofMinutes(5);

    private static final String SERVICE = "v2-origintunneld";
    private static final String DOMAIN = "argotunnel.com";
    private static final int PORT = 7844;
    private static final int REGIONS = 2;

    private final String name;
    private final ServiceLookup system;
    private final ServiceLookup fallback;
    private final SiteResolver sites;
    private final LongSupplier nanoTime;
    private final Random random = new Random();

    // Guarded by this.
    private List<ServiceRecord> known = List.of();
    private long until;

    EdgeDiscovery(
            @Nullable String region,
            ServiceLookup system,
            ServiceLookup fallback,
            SiteResolver sites,
            LongSupplier nanoTime) {
        this.name = "_" + (region == null ? "" : region + "-") + SERVICE + "._tcp." + DOMAIN;
        this.system = system;
        this.fallback = fallback;
        this.sites = sites;
        this.nanoTime = nanoTime;
    }

    /**
     * Makes the discovery of Cloudflare's edge.
     *
     * @param region such as {@code us}, null for the whole network
     * @param sites resolves the targets
     * @param wayOut straight, or through a proxy, for the question over TLS
     * @param channelType fits the event loops that will be given
     * @return a source that has asked nothing yet
     */
    public static EdgeDiscovery ofCloudflare(
            @Nullable String region, SiteResolver sites, WayOut wayOut, Class<? extends SocketChannel> channelType) {
        return new EdgeDiscovery(
                region,
                new SystemDns(DnsServerAddressStreamProviders.platformDefault()),
                new DnsOverTls(channelType, wayOut, DnsOverTls.CLOUDFLARE, DnsOverTls.CLOUDFLARE_NAME, null),
                sites,
                System::nanoTime);
    }

    @Override
    public CompletableFuture<List<EdgeSite>> sites(EventLoop loop) {
        CompletableFuture<List<EdgeSite>> found = new CompletableFuture<>();
        targets(loop)
                .whenComplete((targets, failure) -> loop.execute(() -> {
                    if (failure != null) {
                        found.completeExceptionally(
                                failure instanceof CompletionException ? failure.getCause() : failure);
                        return;
                    }
                    List<CompletableFuture<EdgeSite>> resolving = new ArrayList<>();
                    for (int i = 0; i < targets.size(); i++) {
                        ServiceRecord target = targets.get(i);
                        resolving.add(sites.resolve(
                                InetSocketAddress.createUnresolved(target.target(), target.port()), i % REGIONS, loop));
                    }
                    SiteResolver.those(resolving).whenComplete((all, none) -> {
                        if (none == null) {
                            found.complete(all);
                        } else {
                            found.completeExceptionally(none);
                        }
                    });
                }));
        return found;
    }

    @Override
    public InetSocketAddress name() {
        return InetSocketAddress.createUnresolved("region1.v2." + DOMAIN, PORT);
    }

    private CompletableFuture<List<ServiceRecord>> targets(EventLoop loop) {
        synchronized (this) {
            if (!known.isEmpty() && until - nanoTime.getAsLong() > 0) {
                return CompletableFuture.completedFuture(known);
            }
        }
        return system.find(name, loop)
                .exceptionallyCompose(first -> fallback.find(name, loop).exceptionallyCompose(second -> {
                    synchronized (this) {
                        return known.isEmpty()
                                ? CompletableFuture.failedFuture(notFound(first, second))
                                : CompletableFuture.completedFuture(known);
                    }
                }))
                .thenApply(this::keep);
    }

    private synchronized List<ServiceRecord> keep(List<ServiceRecord> found) {
        known = chosen(found);
        until = nanoTime.getAsLong() + KEEP.toNanos();
        LOG.debug("{} is {}", name, known);
        return known;
    }

    /** The first two by priority; among those of one priority at random, by weight (RFC 2782). */
    private List<ServiceRecord> chosen(List<ServiceRecord> found) {
        record Drawn(ServiceRecord record, double key) {}
        return found.stream()
                .map(record -> new Drawn(
                        record, -Math.log(1 - random.nextDouble()) / Math.max(record.weight(), Double.MIN_NORMAL)))
                .sorted(Comparator.<Drawn>comparingInt(drawn -> drawn.record().priority())
                        .thenComparingDouble(Drawn::key))
                .map(Drawn::record)
                .limit(REGIONS)
                .toList();
    }

    private TunnelException notFound(Throwable system, Throwable fallback) {
        return new TunnelException(
                "Cloudflare's edge cannot be found: the system's name servers do not resolve " + name + " ("
                        + reason(system) + "), and DNS over TLS did not help (" + reason(fallback)
                        + "). Check the network, or give addresses by TUNNEL_EDGE or edgeAddresses(...):"
                        + " region1.v2.argotunnel.com:7844 and region2.v2.argotunnel.com:7844.",
                system instanceof CompletionException ? system.getCause() : system);
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
