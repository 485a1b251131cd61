package dev.adit.tunnel;

/**
 * A configuration cannot be read: it is no YAML or JSON, or a value has the wrong type. What is wrong with the rules in a
 * readable one is an {@link IngressException}.
 */
public final class ConfigException extends TunnelException {

    private static final long serialVersionUID = 1L;

    /** As {@link #line()} gives it. */
    private final int line;

    /**
     * Makes one.
     *
     * @param line of the first thing that is wrong, counted from 1; 0 if it is not known
     * @param message fact and cause; for what cloudflared refuses too, its text
     */
    public ConfigException(int line, String message) {
        super(message);
        this.line = line;
    }

    /**
     * Returns where the first thing that is wrong stands.
     *
     * @return the line counted from 1, or 0 if it is not known
     */
    public int line() {
        return line;
    }
}
