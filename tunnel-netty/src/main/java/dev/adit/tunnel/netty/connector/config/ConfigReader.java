package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.WarpRouting;
import dev.adit.tunnel.netty.connector.golang.GoDuration;
import dev.adit.tunnel.spi.ConfigSource;
import dev.adit.tunnel.spi.IngressRules;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The door of this package: reads configurations. */
public final class ConfigReader {

    private ConfigReader() {}

    private enum Form {
        EMPTY,
        YAML,
        JSON
    }

    /** YAML is reported on; JSON is not, as in Go. */
    private record Source(Form form, RawConfiguration configuration) implements ConfigSource {

        @Override
        public boolean isEmpty() {
            return form == Form.EMPTY;
        }

        @Override
        public Map<String, Object> settings() {
            return configuration.settings();
        }

        @Override
        public boolean hasRules() {
            return !configuration.rules().isEmpty();
        }

        @Override
        public Optional<String> unusedKeys() {
            return form != Form.YAML || configuration.unused().isEmpty()
                    ? Optional.empty()
                    : Optional.of(configuration.unused().stream()
                            .map(key -> "  " + key)
                            .collect(Collectors.joining("\n", "yaml: unmarshal errors:\n", "")));
        }

        @Override
        public WarpRouting warpRouting() {
            return configuration.warpRouting();
        }

        @Override
        public IngressRules rules(RuleMode mode) {
            return RuleCheck.check(configuration, mode);
        }
    }

    /**
     * Reads YAML.
     *
     * @param text the whole file
     * @param name of the file, for messages
     * @return what it says
     * @throws ConfigException if it is no YAML or a value has the wrong type
     */
    public static ConfigSource yaml(String text, String name) {
        Problems problems = new Problems(name);
        Value document = YamlTree.read(text, problems);
        problems.throwIfAny();
        if (document == null) {
            return new Source(Form.EMPTY, RawConfiguration.EMPTY);
        }
        RawConfiguration configuration = Decoder.decode(document, new YamlDialect(problems));
        problems.throwIfAny();
        return new Source(Form.YAML, configuration);
    }

    /**
     * Reads JSON.
     *
     * @param text one object
     * @return what it says
     * @throws ConfigException if it is no JSON or a value has the wrong type
     */
    public static ConfigSource json(String text) {
        return json(JsonTree.read(text));
    }

    static ConfigSource json(Value document) {
        return new Source(Form.JSON, Decoder.decode(document, new JsonDialect()));
    }

    /**
     * Reads a duration in Go's form.
     *
     * @param text such as {@code 1m30s}
     * @return the duration
     * @throws ConfigException if it is none, with Go's text
     */
    public static Duration duration(String text) {
        try {
            return GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(0, String.valueOf(e.getMessage()));
        }
    }
}
