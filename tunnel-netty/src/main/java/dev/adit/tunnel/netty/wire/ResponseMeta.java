package dev.adit.tunnel.netty.wire;

import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * Who made a response: the value of {@link TunnelHeaders#RESPONSE_META}. Source: cloudflared 2026.8.2,
 * {@code connection/header.go}.
 */
public enum ResponseMeta {
    /** The origin answered. */
    ORIGIN("{\"src\":\"origin\"}"),
    /** The connector answered in the origin's place: it could not be reached, or its answer was no HTTP. */
    CONNECTOR("{\"src\":\"cloudflared\"}"),
    /** The connector refused because of its limit of flows. */
    FLOW_LIMITED("{\"src\":\"cloudflared\",\"flow_rate_limited\":true}");

    @SuppressWarnings("ImmutableEnumChecker") // AsciiString is immutable as we use it: its array is never handed out.
    private final AsciiString value;

    ResponseMeta(String value) {
        this.value = AsciiString.cached(value);
    }

    /**
     * Returns the header's value.
     *
     * @return JSON in one line, the reference connector's bytes
     */
    public AsciiString value() {
        return value;
    }

    /**
     * Reads the header's value.
     *
     * @param value as received, null if the header is missing
     * @return who made the response, or null if the value says nothing we know
     */
    public static @Nullable ResponseMeta of(@Nullable CharSequence value) {
        if (value != null) {
            for (ResponseMeta meta : values()) {
                if (meta.value.contentEquals(value)) {
                    return meta;
                }
            }
        }
        return null;
    }
}
