package dev.adit.tunnel;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The edge was reached but refused the tunnel's registration. */
public final class RegistrationException extends TunnelException {

    private static final long serialVersionUID = 1L;

    /** As {@link #isRetryable()} gives it. */
    private final boolean retryable;
    /** As {@link #retryAfter()} gives it. */
    private final @Nullable Duration retryAfter;

    /**
     * Makes one.
     *
     * @param message fact, cause and next step
     * @param retryable whether the edge said that a later attempt may succeed
     * @param retryAfter the wait the edge asked for, null if it asked for none
     */
    public RegistrationException(String message, boolean retryable, @Nullable Duration retryAfter) {
        super(message);
        this.retryable = retryable;
        this.retryAfter = retryAfter;
    }

    /**
     * Tells whether the edge said that a later attempt may succeed.
     *
     * @return whether to try again
     */
    public boolean isRetryable() {
        return retryable;
    }

    /**
     * Returns the wait that the edge asked for.
     *
     * @return how long to wait before the next attempt, empty if the edge asked for nothing
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
