package dev.adit.tunnel.netty.connector.config;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An {@code originRequest} block as it was written: only the keys that are there. Immutable.
 *
 * @param values of the type that the key's kind says
 * @param lines where each key stands
 */
record OriginSettings(Map<OriginKey, Object> values, Map<OriginKey, Integer> lines) {

    static final OriginSettings NONE = new OriginSettings(Map.of(), Map.of());

    OriginSettings {
        values = Map.copyOf(values);
        lines = Map.copyOf(lines);
    }

    /** An entry of {@code ipRules}. */
    record Destination(@Nullable String prefix, List<Long> ports, boolean allow) {}

    /** An {@code access} block. */
    record Access(boolean required, String teamName, List<String> audTag, String environment) {}

    /** Lays a rule's own keys over these; {@code ipRules} and {@code access} replace as a whole. */
    OriginSettings with(OriginSettings own) {
        Map<OriginKey, Object> merged = new EnumMap<>(OriginKey.class);
        merged.putAll(values);
        merged.putAll(own.values);
        Map<OriginKey, Integer> where = new EnumMap<>(OriginKey.class);
        where.putAll(lines);
        where.putAll(own.lines);
        return new OriginSettings(merged, where);
    }

    int line(OriginKey key) {
        return lines.getOrDefault(key, 0);
    }

    boolean has(OriginKey key) {
        return values.containsKey(key);
    }

    @Nullable
    Duration duration(OriginKey key) {
        return (Duration) values.get(key);
    }

    boolean flag(OriginKey key) {
        return values.get(key) instanceof Boolean value && value;
    }

    @Nullable
    Long number(OriginKey key) {
        return (Long) values.get(key);
    }

    String text(OriginKey key) {
        return values.get(key) instanceof String value ? value : "";
    }

    @Nullable
    Access access() {
        return (Access) values.get(OriginKey.ACCESS);
    }

    List<Destination> destinations() {
        return values.get(OriginKey.IP_RULES) instanceof List<?> list
                ? list.stream().map(Destination.class::cast).toList()
                : List.of();
    }
}
