package dev.adit.tunnel.netty.metrics;

import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The meters of one tunnel. Needs {@code io.micrometer:micrometer-core} on the class path.
 *
 * <pre>{@code
 * new TunnelMetrics(tunnel).bindTo(registry);
 * }</pre>
 *
 * <p>Labels are bounded: rules and connections by their index, never by host or path; failures and
 * states by their names. Meters are fed by
 * the tunnel's events, off the event loops; a tunnel nobody has bound costs nothing. While a listener is so slow that
 * completed requests are not told, they are not counted either. Safe for use by several threads.
 */
@SuppressWarnings("exports") // Who binds has Micrometer already; its module name is derived, so not ours to pass on.
public final class TunnelMetrics implements MeterBinder, AutoCloseable {

    /** Rules beyond this share one label, so that long pushed lists cannot flood a registry. */
    private static final int MAX_RULES = 200;

    private static final int STATUS_CLASS = 100;

    private final Tunnel tunnel;
    private final Tags tags;
    private final List<Binding> bindings = new CopyOnWriteArrayList<>();

    /**
     * Makes the meters of a tunnel; nothing is registered yet.
     *
     * @param tunnel a running one
     */
    public TunnelMetrics(Tunnel tunnel) {
        this.tunnel = tunnel;
        this.tags = Tags.of("tunnel", tunnel.id().toString());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Binding binding = new Binding(registry);
        bindings.add(binding);
        tunnel.addListener(binding);
    }

    /** Takes the meters out of every registry again. The tunnel runs on. */
    @Override
    public void close() {
        for (Binding binding : bindings) {
            tunnel.removeListener(binding);
            binding.remove();
        }
        bindings.clear();
    }

    /** What tells requests apart. */
    private record Kind(String rule, String status, String failure) {}

    /** What a slot's connections did. */
    private record Slot(Counter registered, Counter lost, Counter reconnects) {}

    private record Meters(Timer duration, Counter received, Counter sent) {}

    /** The meters in one registry. Fed by the thread that tells events. */
    private final class Binding implements TunnelListener {

        private final MeterRegistry registry;
        private final List<Meter> all = new CopyOnWriteArrayList<>();
        private final ConcurrentMap<Kind, Meters> requests = new ConcurrentHashMap<>();
        private final ConcurrentMap<Integer, Slot> slots = new ConcurrentHashMap<>();
        private final Counter configurations;

        Binding(MeterRegistry registry) {
            this.registry = registry;
            configurations = kept(Counter.builder("adit.tunnel.configurations")
                    .description("Times the rules were replaced")
                    .tags(tags)
                    .register(registry));
            tunnel.connections().forEach(connection -> slot(connection.index()));
            kept(Gauge.builder(
                            "adit.tunnel.connections",
                            tunnel,
                            t -> t.connections().size())
                    .description("Registered connections to the edge")
                    .tags(tags)
                    .register(registry));
            for (TunnelState state : TunnelState.values()) {
                kept(Gauge.builder("adit.tunnel.state", tunnel, t -> t.state() == state ? 1 : 0)
                        .description("1 for the state the tunnel is in, 0 for the others")
                        .tags(tags.and("state", state.name()))
                        .register(registry));
            }
        }

        @Override
        public void connectionRegistered(TunnelEvent.ConnectionRegistered event) {
            slot(event.connection().index()).registered().increment();
        }

        @Override
        public void connectionLost(TunnelEvent.ConnectionLost event) {
            slot(event.index()).lost().increment();
        }

        @Override
        public void reconnectScheduled(TunnelEvent.ReconnectScheduled event) {
            slot(event.index()).reconnects().increment();
        }

        @Override
        public void configurationApplied(TunnelEvent.ConfigurationApplied event) {
            configurations.increment();
        }

        /** There are as many as the tunnel keeps connections, 256 at the most. */
        private Slot slot(int index) {
            return slots.computeIfAbsent(index, key -> {
                Tags bySlot = tags.and("connection", Integer.toString(key));
                return new Slot(
                        kept(Counter.builder("adit.tunnel.connections.registered")
                                .description("Connections to the edge that were registered")
                                .tags(bySlot)
                                .register(registry)),
                        kept(Counter.builder("adit.tunnel.connections.lost")
                                .description("Connections to the edge, and attempts to make one, that ended without"
                                        + " being asked to")
                                .tags(bySlot)
                                .register(registry)),
                        kept(Counter.builder("adit.tunnel.reconnects")
                                .description("Attempts to connect again that were scheduled")
                                .tags(bySlot)
                                .register(registry)));
            });
        }

        @Override
        public void requestCompleted(TunnelEvent.RequestCompleted event) {
            Kind kind = new Kind(
                    rule(event.ruleIndex()),
                    event.status() == 0 ? "none" : event.status() / STATUS_CLASS + "xx",
                    event.failure() == null ? "none" : event.failure().name());
            Meters meters = requests.computeIfAbsent(kind, this::meters);
            meters.duration().record(event.duration());
            meters.received().increment((double) event.requestBytes());
            meters.sent().increment((double) event.responseBytes());
        }

        private static String rule(int index) {
            if (index < 0) {
                return "private";
            }
            return index < MAX_RULES ? Integer.toString(index) : MAX_RULES + "+";
        }

        private Meters meters(Kind kind) {
            Tags byRule = tags.and("rule", kind.rule());
            return new Meters(
                    kept(Timer.builder("adit.tunnel.requests")
                            .description("Requests from their first byte at the connector to their end")
                            .tags(byRule.and("status", kind.status(), "failure", kind.failure()))
                            .register(registry)),
                    kept(Counter.builder("adit.tunnel.requests.bytes")
                            .description("Bytes of request bodies")
                            .baseUnit(BaseUnits.BYTES)
                            .tags(byRule)
                            .register(registry)),
                    kept(Counter.builder("adit.tunnel.responses.bytes")
                            .description("Bytes of response bodies, as far as they were sent")
                            .baseUnit(BaseUnits.BYTES)
                            .tags(byRule)
                            .register(registry)));
        }

        private <M extends Meter> M kept(M meter) {
            all.add(meter);
            return meter;
        }

        void remove() {
            all.forEach(registry::remove);
        }
    }
}
