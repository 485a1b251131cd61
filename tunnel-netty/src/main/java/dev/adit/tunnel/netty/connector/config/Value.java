package dev.adit.tunnel.netty.connector.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value in a configuration, and the line where it begins, counted from 1; 0 if it is not known. */
sealed interface Value {

    int line();

    /**
     * A single value.
     *
     * @param tag such as {@code !!str}, {@code !!int}, {@code !!null}
     * @param value a String, Long, {@link java.math.BigInteger} (beyond a Long), Double or Boolean; null for null
     * @param text as it was written, without quotes
     */
    record Scalar(int line, String tag, @Nullable Object value, String text) implements Value {}

    /** A list. */
    record Items(int line, List<Value> items) implements Value {}

    /** A mapping. Keys are unique unless the form lets the last one win. */
    record Entries(int line, List<Entry> entries) implements Value {}

    /** One key of a mapping. */
    record Entry(int line, String key, Value value) {}

    static boolean isNull(Value value) {
        return value instanceof Scalar scalar && scalar.value() == null;
    }
}
