package dev.adit.tunnel.netty.connector.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one form of a configuration, YAML or JSON, writes single values. Null stands for "this is none". */
interface Dialect {

    /** Tells whether a key means a field. */
    boolean isKey(String field, String key);

    @Nullable
    String text(Value.Scalar scalar);

    @Nullable
    Boolean flag(Value.Scalar scalar);

    @Nullable
    Long integer(Value.Scalar scalar);

    @Nullable
    Duration duration(Value.Scalar scalar);

    /**
     * Tells that a value has the wrong type.
     *
     * @param value the value
     * @param where its path, such as {@code ingress.service}
     * @param type what it should be, in Go's words
     */
    void mismatch(Value value, String where, String type);
}
