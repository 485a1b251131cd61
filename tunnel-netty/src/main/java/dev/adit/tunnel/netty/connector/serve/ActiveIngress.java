package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.connector.access.AccessChecks;
import dev.adit.tunnel.netty.origin.OriginProxies;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.stream.PrivateNetworkProxy;
import dev.adit.tunnel.spi.PrivateNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rules in force and the proxies behind them. A request takes the table that is current when it begins and keeps it.
 * Replacing the table keeps the proxies, and so the warm connections, of rules that go to the same origin in the same
 * way. Safe for use by several threads.
 */
public final class ActiveIngress implements AutoCloseable {

    private static final OriginProxy AMBIGUOUS = new AmbiguousPath();

    private final OriginResources resources;
    private final AccessChecks access;
    private final @Nullable Match privateStreams;
    private volatile Table table;
    private boolean closed;

    /**
     * Puts rules in force.
     *
     * @param ingress the first rules
     * @param privateNetwork what private TCP streams may reach, null for none of them
     * @param resources what proxies work with
     */
    public ActiveIngress(Ingress ingress, @Nullable PrivateNetwork privateNetwork, OriginResources resources) {
        this.resources = resources;
        this.privateStreams = privateNetwork == null ? null : privateStreams(privateNetwork, resources);
        this.access = new AccessChecks(resources);
        this.table = table(ingress, Map.of());
    }

    /** Where a rule's requests go; what makes two rules share a proxy. */
    private record Destination(Origin origin, OriginOptions options) {
        static Destination of(IngressRule rule) {
            return new Destination(rule.origin(), rule.options());
        }
    }

    /** The rules with their proxies; {@code checked} tells whether any of them asks for a token. */
    private record Table(
            Ingress ingress, Map<Destination, OriginProxy> proxies, List<OriginProxy> byRule, boolean checked) {

        @Nullable
        AccessPolicy check(int rule) {
            AccessPolicy policy = ingress.rules().get(rule).options().access();
            return policy != null && policy.required() ? policy : null;
        }
    }

    /**
     * What takes a request.
     *
     * @param index of the rule, from 0; {@link #NO_RULE} for private TCP streams
     * @param rule the rule
     * @param proxy of its origin
     */
    record Match(int index, IngressRule rule, OriginProxy proxy) {

        static final int NO_RULE = -1;

        boolean isPrivateStream() {
            return index == NO_RULE;
        }
    }

    /** What takes private TCP streams, null if they are off. They are past all rules, and of none. */
    @Nullable
    Match privateStreams() {
        return privateStreams;
    }

    private static Match privateStreams(PrivateNetwork network, OriginResources resources) {
        return new Match(
                Match.NO_RULE,
                IngressRule.otherwise(new Origin.Bastion(network.rules())),
                new PrivateNetworkProxy(network, resources));
    }

    /** Finds what takes a request. */
    Match match(String host, String path) {
        Table current = table;
        int index = current.ingress().matcher().match(host, path);
        boolean ambiguous = current.checked() && isAmbiguous(current, host, path, index);
        return new Match(
                index,
                current.ingress().rules().get(index),
                ambiguous ? AMBIGUOUS : current.byRule().get(index));
    }

    /** Whether an origin may take the path for one that another Access check stands before. */
    private static boolean isAmbiguous(Table current, String host, String path, int index) {
        for (String reading : PathReadings.others(path)) {
            int other = current.ingress().matcher().match(host, reading);
            if (!Objects.equals(current.check(other), current.check(index))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the rules in force.
     *
     * @return the rules for new requests
     */
    public Ingress ingress() {
        return table.ingress();
    }

    /**
     * Replaces the rules at once; running requests keep the old ones. Reads the files that rules name, so not for an event
     * loop.
     *
     * @param ingress the new rules
     * @throws TunnelException if the options of one cannot be used, such as a {@code caPool} that is not there, or the
     *     tunnel is closed; the old rules stay
     */
    public synchronized void replace(Ingress ingress) {
        if (closed) {
            throw new TunnelException("The tunnel is closed. Start a new one with these rules.");
        }
        Table old = table;
        Table next = table(ingress, old.proxies());
        table = next;
        old.proxies().forEach((destination, proxy) -> {
            if (!next.proxies().containsKey(destination)) {
                proxy.close();
            }
        });
        access.retain(ingress.rules());
    }

    @Override
    public synchronized void close() {
        closed = true;
        table.proxies().values().forEach(OriginProxy::close);
        access.close();
    }

    private Table table(Ingress ingress, Map<Destination, OriginProxy> reusable) {
        Map<Destination, OriginProxy> proxies = new HashMap<>();
        List<OriginProxy> byRule = new ArrayList<>();
        try {
            for (IngressRule rule : ingress.rules()) {
                byRule.add(proxies.computeIfAbsent(Destination.of(rule), destination -> {
                    OriginProxy warm = reusable.get(destination);
                    return warm != null ? warm : guarded(destination);
                }));
            }
        } catch (RuntimeException e) {
            proxies.forEach((destination, proxy) -> {
                if (!reusable.containsKey(destination)) {
                    proxy.close();
                }
            });
            throw e;
        }
        boolean checked = ingress.rules().stream()
                .map(rule -> rule.options().access())
                .anyMatch(policy -> policy != null && policy.required());
        return new Table(ingress, Map.copyOf(proxies), List.copyOf(byRule), checked);
    }

    private OriginProxy guarded(Destination to) {
        return access.guard(to.options().access(), OriginProxies.of(to.origin(), to.options(), resources));
    }
}
