package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.WarpRouting;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Access;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Destination;
import dev.adit.tunnel.netty.connector.config.RawConfiguration.RawRule;
import dev.adit.tunnel.netty.connector.config.RawConfiguration.UnusedKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns the tree of a configuration into typed values. A value that is null is as good as missing. What has the wrong
 * type is told to the {@link Dialect}; keys that nothing reads are collected. For one reading.
 */
final class Decoder {

    private static final List<String> TOP = List.of("tunnel", "ingress", "originRequest", "warp-routing");
    private static final List<String> RULE = List.of("hostname", "path", "service", "originRequest");
    private static final List<String> ORIGIN =
            Stream.of(OriginKey.values()).map(OriginKey::key).toList();
    private static final List<String> DESTINATION = List.of("prefix", "ports", "allow");
    private static final List<String> ACCESS = List.of("required", "teamName", "audTag", "environment");
    private static final List<String> WARP = List.of("connectTimeout", "maxActiveFlows", "tcpKeepAlive");

    private final Dialect dialect;
    private final List<UnusedKey> unused = new ArrayList<>();

    private Decoder(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Decodes a document. */
    static RawConfiguration decode(Value document, Dialect dialect) {
        return new Decoder(dialect).configuration(document);
    }

    private RawConfiguration configuration(Value document) {
        Block top = new Block(document, "", "config.configFileSettings", TOP);
        Map<String, Object> settings = new LinkedHashMap<>();
        String tunnel = top.text("tunnel");
        if (!tunnel.isEmpty()) {
            settings.put("tunnel", tunnel);
        }
        top.others.stream()
                .filter(entry -> !Value.isNull(entry.value()))
                .forEach(entry -> settings.put(entry.key(), plain(entry.value())));
        List<RawRule> rules = top.items("ingress", "[]config.UnvalidatedIngressRule").stream()
                .map(this::rule)
                .toList();
        OriginSettings origin = originRequest(top);
        WarpRouting warp = warpRouting(top.block("warp-routing", "config.WarpRoutingConfig", WARP));
        unused.sort(Comparator.comparingInt(UnusedKey::line));
        return new RawConfiguration(rules, origin, warp, settings, unused);
    }

    private RawRule rule(Value item) {
        Block rule = new Block(item, "ingress.", "config.UnvalidatedIngressRule", RULE).closed();
        return new RawRule(
                item.line(), rule.text("hostname"), rule.text("path"), rule.text("service"), originRequest(rule));
    }

    private OriginSettings originRequest(Block parent) {
        Block block = parent.block("originRequest", "config.OriginRequestConfig", ORIGIN);
        Map<OriginKey, Object> values = new EnumMap<>(OriginKey.class);
        Map<OriginKey, Integer> lines = new EnumMap<>(OriginKey.class);
        for (OriginKey key : OriginKey.values()) {
            Object value = origin(block, key);
            if (value != null) {
                values.put(key, value);
                lines.put(key, block.line(key.key()));
            }
        }
        return new OriginSettings(values, lines);
    }

    private @Nullable Object origin(Block block, OriginKey key) {
        return switch (key.kind()) {
            case DURATION -> block.read(key.key(), "time.Duration", Dialect::duration);
            case BOOL -> block.read(key.key(), "bool", Dialect::flag);
            case INT -> block.read(key.key(), "int", Dialect::integer);
            case UINT -> block.read(key.key(), "uint", Decoder::unsigned);
            case STRING -> block.read(key.key(), "string", Dialect::text);
            case IP_RULES -> destinations(block);
            case ACCESS -> block.has(key.key()) ? access(block) : null;
        };
    }

    /** An empty list is as good as none: it does not override. */
    private @Nullable List<Destination> destinations(Block parent) {
        List<Destination> list = parent.items("ipRules", "[]config.IngressIPRule").stream()
                .map(item -> {
                    Block block =
                            new Block(item, parent.where + "ipRules.", "config.IngressIPRule", DESTINATION).closed();
                    List<Long> ports = block.each("ports", "[]int", "int", Dialect::integer);
                    Boolean allow = block.read("allow", "bool", Dialect::flag);
                    return new Destination(
                            block.read("prefix", "string", Dialect::text), ports, Boolean.TRUE.equals(allow));
                })
                .toList();
        return list.isEmpty() ? null : list;
    }

    private Access access(Block parent) {
        Block block = parent.block("access", "config.AccessConfig", ACCESS);
        Boolean required = block.read("required", "bool", Dialect::flag);
        List<String> tags = block.each("audTag", "[]string", "string", Dialect::text);
        return new Access(Boolean.TRUE.equals(required), block.text("teamName"), tags, block.text("environment"));
    }

    private static WarpRouting warpRouting(Block block) {
        WarpRouting defaults = WarpRouting.defaults();
        Duration connect = block.read("connectTimeout", "time.Duration", Dialect::duration);
        Duration keepAlive = block.read("tcpKeepAlive", "time.Duration", Dialect::duration);
        Long flows = block.read("maxActiveFlows", "uint64", Decoder::unsigned);
        return new WarpRouting(
                connect == null ? defaults.connectTimeout() : OptionMapping.connectTimeout(connect),
                flows == null ? defaults.maxActiveFlows() : flows,
                keepAlive == null ? defaults.tcpKeepAlive() : OptionMapping.keepAlive(keepAlive));
    }

    private static @Nullable Long unsigned(Dialect dialect, Value.Scalar scalar) {
        Long number = dialect.integer(scalar);
        return number == null || number < 0 ? null : number;
    }

    /** The value of a flag; nulls within are left out. */
    private static Object plain(Value value) {
        if (value instanceof Value.Scalar scalar) {
            Object plain = scalar.value();
            return plain instanceof Long || plain instanceof Double || plain instanceof Boolean ? plain : scalar.text();
        }
        if (value instanceof Value.Items list) {
            return list.items().stream()
                    .filter(item -> !Value.isNull(item))
                    .map(Decoder::plain)
                    .toList();
        }
        Map<String, Object> map = new LinkedHashMap<>();
        ((Value.Entries) value)
                .entries().stream()
                        .filter(entry -> !Value.isNull(entry.value()))
                        .forEach(entry -> map.put(entry.key(), plain(entry.value())));
        return Collections.unmodifiableMap(map);
    }

    /** A mapping whose keys are known. */
    private final class Block {

        private final String where;
        private final String type;
        private final Map<String, Value.Entry> known = new LinkedHashMap<>();
        private final List<Value.Entry> others = new ArrayList<>();

        /**
         * Sorts keys into those that are known and others.
         *
         * @param where its path with a dot behind, for messages
         * @param type its name in cloudflared
         */
        Block(@Nullable Value value, String where, String type, List<String> names) {
            this.where = where;
            this.type = type;
            if (value instanceof Value.Entries block) {
                for (Value.Entry entry : block.entries()) {
                    names.stream()
                            .filter(name -> dialect.isKey(name, entry.key()))
                            .findFirst()
                            .ifPresentOrElse(name -> known.put(name, entry), () -> others.add(entry));
                }
            } else if (value != null && !Value.isNull(value)) {
                dialect.mismatch(value, where, type);
            }
        }

        /** Reports every other key as unused. */
        Block closed() {
            others.forEach(entry -> unused.add(new UnusedKey(entry.line(), entry.key(), type)));
            return this;
        }

        private @Nullable Value value(String name) {
            Value.Entry entry = known.get(name);
            return entry == null || Value.isNull(entry.value()) ? null : entry.value();
        }

        boolean has(String name) {
            return value(name) != null;
        }

        int line(String name) {
            Value.Entry entry = known.get(name);
            return entry == null ? 0 : entry.line();
        }

        Block block(String name, String blockType, List<String> names) {
            return new Block(value(name), where + name + ".", blockType, names).closed();
        }

        List<Value> items(String name, String listType) {
            Value value = value(name);
            if (value instanceof Value.Items list) {
                return list.items().stream().filter(item -> !Value.isNull(item)).toList();
            }
            if (value != null) {
                dialect.mismatch(value, where + name, listType);
            }
            return List.of();
        }

        <T> List<T> each(
                String name, String listType, String itemType, BiFunction<Dialect, Value.Scalar, @Nullable T> reader) {
            List<T> read = new ArrayList<>();
            for (Value item : items(name, listType)) {
                T value = read(item, name, itemType, reader);
                if (value != null) {
                    read.add(value);
                }
            }
            return Collections.unmodifiableList(read);
        }

        String text(String name) {
            return Objects.requireNonNullElse(read(name, "string", Dialect::text), "");
        }

        <T> @Nullable T read(String name, String valueType, BiFunction<Dialect, Value.Scalar, @Nullable T> reader) {
            Value value = value(name);
            return value == null ? null : read(value, name, valueType, reader);
        }

        private <T> @Nullable T read(
                Value value, String name, String valueType, BiFunction<Dialect, Value.Scalar, @Nullable T> reader) {
            T read = value instanceof Value.Scalar scalar ? reader.apply(dialect, scalar) : null;
            if (read == null) {
                dialect.mismatch(value, where + name, valueType);
            }
            return read;
        }
    }
}
