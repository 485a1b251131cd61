package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.netty.connector.golang.GoDuration;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * YAML as go-yaml v3 decodes it: any scalar where a text is wanted, {@code yes} and {@code on} where a truth value is
 * wanted, durations in Go's form.
 */
record YamlDialect(Problems problems) implements Dialect {

    private static final Set<String> TRUE = Set.of("y", "Y", "yes", "Yes", "YES", "on", "On", "ON");
    private static final Set<String> FALSE = Set.of("n", "N", "no", "No", "NO", "off", "Off", "OFF");
    private static final int SHOWN = 10;
    private static final int CUT = 7;

    @Override
    public boolean isKey(String field, String key) {
        return field.equals(key);
    }

    @Override
    public String text(Value.Scalar scalar) {
        return scalar.text();
    }

    @Override
    public @Nullable Boolean flag(Value.Scalar scalar) {
        if (scalar.value() instanceof Boolean value) {
            return value;
        }
        if (scalar.value() instanceof String text && (TRUE.contains(text) || FALSE.contains(text))) {
            return TRUE.contains(text);
        }
        return null;
    }

    @Override
    public @Nullable Long integer(Value.Scalar scalar) {
        if (scalar.value() instanceof BigInteger) {
            return null;
        }
        if (scalar.value() instanceof Double value && Math.abs(value) <= Long.MAX_VALUE) {
            return value.longValue();
        }
        return scalar.value() instanceof Long value ? value : null;
    }

    @Override
    public @Nullable Duration duration(Value.Scalar scalar) {
        if (!(scalar.value() instanceof String text) || scalar.tag().equals(YamlScalars.TIMESTAMP)) {
            return null;
        }
        try {
            return GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    @Override
    public void mismatch(Value value, String where, String type) {
        String found = value instanceof Value.Entries
                ? "!!map"
                : value instanceof Value.Scalar scalar ? scalar.tag() + " " + shown(scalar.text()) : "!!seq";
        problems.add(value.line(), "cannot unmarshal " + found + " into " + type);
    }

    private static String shown(String text) {
        return "`" + (text.length() > SHOWN ? text.substring(0, CUT) + "..." : text) + "`";
    }
}
