package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.netty.connector.golang.GoQuote;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** JSON as Go decodes it: keys without regard to case, nothing converted, durations in whole seconds. */
record JsonDialect() implements Dialect {

    private static final long MAX_SECONDS = Long.MAX_VALUE / 1_000_000_000L;

    @Override
    public boolean isKey(String field, String key) {
        return field.equalsIgnoreCase(key);
    }

    @Override
    public @Nullable String text(Value.Scalar scalar) {
        return scalar.value() instanceof String text ? text : null;
    }

    @Override
    public @Nullable Boolean flag(Value.Scalar scalar) {
        return scalar.value() instanceof Boolean value ? value : null;
    }

    @Override
    public @Nullable Long integer(Value.Scalar scalar) {
        return scalar.value() instanceof Long value ? value : null;
    }

    @Override
    public Duration duration(Value.Scalar scalar) {
        Long seconds = integer(scalar);
        if (seconds == null || Math.abs(seconds) > MAX_SECONDS) {
            String raw = scalar.value() instanceof String ? GoQuote.quote(scalar.text()) : scalar.text();
            throw new ConfigException(
                    scalar.line(),
                    "strconv.ParseInt: parsing " + GoQuote.quote(raw)
                            + (seconds == null ? ": invalid syntax" : ": value out of range"));
        }
        return Duration.ofSeconds(seconds);
    }

    @Override
    public void mismatch(Value value, String where, String type) {
        String found = value instanceof Value.Entries
                ? "object"
                : value instanceof Value.Scalar scalar
                        ? scalar.value() instanceof String
                                ? "string"
                                : scalar.value() instanceof Boolean ? "bool" : "number " + scalar.text()
                        : "array";
        throw new ConfigException(
                value.line(),
                "json: cannot unmarshal " + found + " into Go struct field " + where + " of type " + type);
    }
}
