package dev.adit.tunnel.netty.wire.rpc;

import java.time.Duration;
import java.util.Objects;

/**
 * The edge refuses the registration. {@code EDUPCONN} as the cause means that this connector already has this
 * connection on the same edge server.
 *
 * @param cause why, for people to read
 * @param retryAfter how long to wait before asking again; zero if the edge says nothing, whole nanoseconds on the wire
 * @param shouldRetry whether asking again can help
 */
public record ConnectionError(String cause, Duration retryAfter, boolean shouldRetry) implements ConnectionResponse {

    /** Checks that nothing is missing. */
    public ConnectionError {
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(retryAfter, "retryAfter");
    }
}
