package dev.adit.tunnel.netty.connector.golang;

import org.jspecify.annotations.Nullable;

/** Go's {@code net.SplitHostPort}. */
public final class GoHostPort {

    private GoHostPort() {}

    /**
     * Splits {@code host:port} or {@code [host]:port}; the port may be empty or no number.
     *
     * @param text any
     * @return the host without brackets, or null if there is no port or there are colons too many
     */
    public static @Nullable String host(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            return null;
        }
        if (text.charAt(0) == '[') {
            int end = text.indexOf(']');
            boolean good = end >= 0 && end + 1 == colon && text.indexOf('[', 1) < 0 && text.indexOf(']', end + 1) < 0;
            return good ? text.substring(1, end) : null;
        }
        boolean good = text.indexOf(':') == colon && text.indexOf('[') < 0 && text.indexOf(']') < 0;
        return good ? text.substring(0, colon) : null;
    }

    /**
     * Takes the port off, if there is one.
     *
     * @param text any
     * @return the host, or the text as it is
     */
    public static String withoutPort(String text) {
        String host = host(text);
        return host == null ? text : host;
    }
}
