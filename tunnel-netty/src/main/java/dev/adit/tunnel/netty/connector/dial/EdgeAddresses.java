package dev.adit.tunnel.netty.connector.dial;

import io.netty.channel.EventLoop;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The address book of one tunnel: which connection dials which address of the edge. An index keeps its address until
 * that fails. A new one is taken from those that have not failed lately, the least used first, then the family the
 * resolver prefers, then the region with fewer connections; what is still equal is decided at random. So connections are
 * on distinct addresses where there are enough, and share them evenly where there are not.
 *
 * <p>A failed address rests for a minute: it is taken before that only when there is no other. When IPv6 fails at a name
 * that has both families, IPv4 is preferred there for ten minutes, as in cloudflared 2026.8.2
 * ({@code edgediscovery/allregions/region.go}). Safe for use by several threads.
 */
public final class EdgeAddresses {

    /** How long a failed address is avoided. */
    static final Duration REST = Duration.ofMinutes(1);

    /** How long the other address family is preferred after IPv6 has failed. */
    static final Duration OTHER_FAMILY = Duration.ofMinutes(10);

    private final EdgeSource source;
    private final LongSupplier nanoTime;
    private final Random random;

    private final Map<InetSocketAddress, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Long> otherFamilyUntil = new HashMap<>();
    private final Map<Integer, InetSocketAddress> held = new HashMap<>();

    /** How an attempt at an address ended. */
    public enum Failure {
        /** It could not be dialled, did not prove to be the edge, or fell silent. */
        UNREACHABLE,
        /** It was reached but did not let the connection in, and may later. */
        NOT_ADMITTED,
        /** It has this connector's connection already: this index must look elsewhere. */
        DUPLICATE
    }

    /**
     * An address to dial.
     *
     * @param address resolved, or unresolved where a proxy does the resolving
     * @param hasAlternative whether there is another one that has not failed lately
     */
    public record Choice(InetSocketAddress address, boolean hasAlternative) {}

    /** What is known of one address. */
    private static final class Entry {
        private final InetSocketAddress address;
        private final EdgeSite site;
        private final boolean favouredFamily;
        private long restsUntil;
        private boolean rests;
        private final Map<Integer, Long> notFor = new HashMap<>();

        Entry(InetSocketAddress address, EdgeSite site, @Nullable Entry before) {
            this.address = address;
            this.site = site;
            this.favouredFamily = isIpv4(address) == isIpv4(site.addresses().get(0));
            if (before != null) {
                rests = before.rests;
                restsUntil = before.restsUntil;
                notFor.putAll(before.notFor);
            }
        }
    }

    /**
     * Makes an address book.
     *
     * @param source asked before each attempt
     */
    public EdgeAddresses(EdgeSource source) {
        this(source, System::nanoTime, new Random());
    }

    EdgeAddresses(EdgeSource source, LongSupplier nanoTime, Random random) {
        this.source = source;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Chooses the address for an index's next attempt; names are resolved again first.
     *
     * @param index of the connection
     * @param tried addresses not to be taken
     * @param loop where the future is completed
     * @return empty when every address is in {@code tried}; exceptionally with a {@link dev.adit.tunnel.TunnelException}
     *     when no address was ever found
     */
    public CompletableFuture<Optional<Choice>> next(int index, Set<InetSocketAddress> tried, EventLoop loop) {
        Set<InetSocketAddress> excluded = Set.copyOf(tried);
        return source.sites(loop).handle((sites, failure) -> {
            synchronized (this) {
                if (failure == null) {
                    replace(sites);
                } else if (entries.isEmpty()) {
                    throw failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
                }
                return choose(index, excluded);
            }
        });
    }

    /**
     * Takes note of a failure at the address an index had.
     *
     * @param index of the connection
     * @param failure what happened
     */
    public synchronized void failed(int index, Failure failure) {
        InetSocketAddress address = held.remove(index);
        Entry entry = address == null ? null : entries.get(address);
        if (entry == null) {
            return;
        }
        long now = nanoTime.getAsLong();
        if (failure == Failure.DUPLICATE) {
            entry.notFor.put(index, now + REST.toNanos());
            return;
        }
        entry.rests = true;
        entry.restsUntil = now + REST.toNanos();
        if (failure == Failure.UNREACHABLE) {
            switchFamily(entry, now);
        }
    }

    /**
     * Gives an index's address back: the connection is ended for good.
     *
     * @param index of the connection
     */
    public synchronized void released(int index) {
        held.remove(index);
    }

    /**
     * Returns what to call the edge while none of its addresses is known.
     *
     * @return unresolved
     */
    public InetSocketAddress name() {
        return source.name();
    }

    private void replace(List<EdgeSite> sites) {
        Map<InetSocketAddress, Entry> before = new HashMap<>(entries);
        entries.clear();
        for (EdgeSite site : sites) {
            for (InetSocketAddress address : site.addresses()) {
                entries.putIfAbsent(address, new Entry(address, site, before.get(address)));
            }
        }
    }

    private Optional<Choice> choose(int index, Set<InetSocketAddress> excluded) {
        long now = nanoTime.getAsLong();
        InetSocketAddress own = held.remove(index);
        List<Entry> candidates = new ArrayList<>(entries.values());
        candidates.removeIf(entry -> excluded.contains(entry.address));
        if (candidates.isEmpty()) {
            return Optional.empty();
        }
        Collections.shuffle(candidates, random);
        candidates.sort(Comparator.<Entry>comparingInt(entry -> isNotFor(entry, index, now) ? 1 : 0)
                .thenComparingLong(entry -> rests(entry, now) ? entry.restsUntil - now : 0)
                .thenComparingInt(entry -> entry.address.equals(own) ? 0 : 1)
                .thenComparingInt(this::users)
                .thenComparingInt(entry -> isFavoured(entry, now) ? 0 : 1)
                .thenComparingInt(this::usersOfRegion));
        Entry chosen = candidates.get(0);
        held.put(index, chosen.address);
        boolean alternative =
                candidates.stream().skip(1).anyMatch(entry -> !rests(entry, now) && !isNotFor(entry, index, now));
        return Optional.of(new Choice(chosen.address, alternative));
    }

    private int users(Entry entry) {
        return Collections.frequency(held.values(), entry.address);
    }

    private int usersOfRegion(Entry entry) {
        return (int) held.values().stream()
                .map(entries::get)
                .filter(other -> other != null && other.site.region() == entry.site.region())
                .count();
    }

    private static boolean rests(Entry entry, long now) {
        return entry.rests && entry.restsUntil - now > 0;
    }

    private static boolean isNotFor(Entry entry, int index, long now) {
        Long until = entry.notFor.get(index);
        return until != null && until - now > 0;
    }

    private boolean isFavoured(Entry entry, long now) {
        return entry.favouredFamily != isFamilySwitched(entry.site, now);
    }

    private boolean isFamilySwitched(EdgeSite site, long now) {
        Long until = otherFamilyUntil.get(site.name());
        return until != null && until - now > 0;
    }

    private void switchFamily(Entry failed, long now) {
        boolean hasBoth = failed.site.addresses().stream()
                        .map(EdgeAddresses::isIpv4)
                        .distinct()
                        .count()
                > 1;
        if (!hasBoth) {
            return;
        }
        if (isFamilySwitched(failed.site, now)) {
            if (!failed.favouredFamily) {
                otherFamilyUntil.remove(failed.site.name());
            }
        } else if (failed.favouredFamily && !isIpv4(failed.address)) {
            otherFamilyUntil.put(failed.site.name(), now + OTHER_FAMILY.toNanos());
        }
    }

    private static boolean isIpv4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }
}
