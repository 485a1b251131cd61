package dev.adit.tunnel.netty.wire;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * What a stream is for, read from its request headers. Values are compared with their case, and only the first of a
 * repeated header counts. Source: cloudflared 2026.8.2, {@code connection/http2.go}, {@code determineHTTP2Type}.
 */
public enum StreamKind {
    /** The edge pushes configuration. */
    CONFIGURATION("update-configuration"),
    /** A visitor's WebSocket: after the head both directions are raw bytes. */
    WEBSOCKET("websocket"),
    /** A private TCP stream; marked by {@link TunnelHeaders#PROXY_SRC}. */
    TCP(null),
    /** Carries the RPC between connector and edge. */
    CONTROL("control-stream"),
    /** An ordinary request. */
    HTTP(null);

    @SuppressWarnings("ImmutableEnumChecker") // AsciiString is immutable as we use it: its array is never handed out.
    private final @Nullable AsciiString mark;

    StreamKind(@Nullable String mark) {
        this.mark = mark == null ? null : AsciiString.cached(mark);
    }

    /**
     * Reads the kind, testing in the order of the reference connector.
     *
     * @param headers a request's, borrowed
     * @return the kind; {@link #HTTP} for anything unmarked or marked with an unknown value
     */
    public static StreamKind of(Http2Headers headers) {
        CharSequence upgrade = headers.get(TunnelHeaders.PROXY_CONNECTION_UPGRADE);
        if (CONFIGURATION.isMarkedBy(upgrade)) {
            return CONFIGURATION;
        }
        if (WEBSOCKET.isMarkedBy(upgrade)) {
            return WEBSOCKET;
        }
        CharSequence source = headers.get(TunnelHeaders.PROXY_SRC);
        if (source != null && source.length() > 0) {
            return TCP;
        }
        return CONTROL.isMarkedBy(upgrade) ? CONTROL : HTTP;
    }

    /**
     * Adds the header that says this kind. Does nothing for {@link #HTTP} and {@link #TCP}, which no value marks.
     *
     * @param headers a request's, changed
     */
    public void mark(Http2Headers headers) {
        if (mark != null) {
            headers.set(TunnelHeaders.PROXY_CONNECTION_UPGRADE, mark);
        }
    }

    private boolean isMarkedBy(@Nullable CharSequence value) {
        return mark != null && value != null && mark.contentEquals(value);
    }
}
