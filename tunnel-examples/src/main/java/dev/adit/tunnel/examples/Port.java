package dev.adit.tunnel.examples;

import org.jspecify.annotations.Nullable;

/** Ports given as system properties. */
public final class Port {

    private Port() {}

    /**
     * Reads a port.
     *
     * @param property such as {@code port}, set by {@code -Dport=3000}
     * @return the number, null if the property is not set
     * @throws IllegalArgumentException if it is set to something else than a port
     */
    public static @Nullable Integer given(String property) {
        String text = System.getProperty(property);
        if (text == null) {
            return null;
        }
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException(
                    "-D" + property + "=" + text + " is no port. Give a number from 0 to 65535.");
        }
        return Integer.valueOf(text);
    }

    /**
     * Reads a port.
     *
     * @param property such as {@code port}
     * @param otherwise taken if the property is not set
     * @return the number
     * @throws IllegalArgumentException if it is set to something else than a port
     */
    public static int given(String property, int otherwise) {
        Integer port = given(property);
        return port == null ? otherwise : port;
    }
}
