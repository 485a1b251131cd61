package dev.adit.tunnel.netty.wire;

/** Serialised headers, or the headers in them, break a rule. The message does not repeat values. */
public final class MalformedHeadersException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what rule, and where
     */
    public MalformedHeadersException(String message) {
        super(message);
    }
}
