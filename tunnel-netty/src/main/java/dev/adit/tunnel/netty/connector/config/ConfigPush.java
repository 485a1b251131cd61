package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.spi.ConfigSource;
import java.util.List;
import java.util.Optional;

/**
 * What an edge pushes: a version and a configuration in JSON, the latter not looked at yet. Immutable. Source: protocol of
 * cloudflared 2026.8.2, {@code connection/http2.go} and {@code orchestration/orchestrator.go}.
 */
public final class ConfigPush {

    private final int version;
    private final Optional<Value> config;

    private ConfigPush(int version, Optional<Value> config) {
        this.version = version;
        this.config = config;
    }

    /**
     * Reads the envelope {@code {"version": 7, "config": {...}}}.
     *
     * @param text the whole body
     * @return what was pushed
     * @throws ConfigException if it is no JSON object, or the version is no 32-bit integer
     */
    public static ConfigPush read(String text) {
        if (!(JsonTree.read(text) instanceof Value.Entries envelope)) {
            throw new ConfigException(0, "the push is no JSON object");
        }
        return new ConfigPush(
                find(envelope.entries(), "version").map(ConfigPush::version).orElse(0),
                find(envelope.entries(), "config"));
    }

    private static Optional<Value> find(List<Value.Entry> entries, String name) {
        return entries.stream()
                .filter(entry -> entry.key().equalsIgnoreCase(name))
                .map(Value.Entry::value)
                .filter(value -> !Value.isNull(value))
                .reduce((first, last) -> last);
    }

    private static int version(Value value) {
        if (value instanceof Value.Scalar scalar
                && scalar.value() instanceof Long number
                && number == number.intValue()) {
            return number.intValue();
        }
        throw new ConfigException(value.line(), "the version of the push is no 32-bit integer");
    }

    /**
     * Returns the version.
     *
     * @return as the edge counts; 0 if it says none
     */
    public int version() {
        return version;
    }

    /**
     * Reads the configuration.
     *
     * @return what it says; its rules are not checked yet
     * @throws ConfigException if there is none, or a value has the wrong type
     */
    public ConfigSource source() {
        return ConfigReader.json(config.orElseThrow(() -> new ConfigException(0, "the push has no configuration")));
    }
}
