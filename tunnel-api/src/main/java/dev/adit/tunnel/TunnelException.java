package dev.adit.tunnel;

import org.jspecify.annotations.Nullable;

/** The root of what Adit throws. Each message gives the fact, the cause and the next step; none holds a secret. */
public class TunnelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message fact, cause and next step
     */
    public TunnelException(String message) {
        super(message);
    }

    /**
     * Makes one with its cause.
     *
     * @param message fact, cause and next step
     * @param cause what led to it, may be null
     */
    public TunnelException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
