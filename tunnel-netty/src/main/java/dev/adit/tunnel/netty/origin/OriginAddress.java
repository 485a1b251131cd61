package dev.adit.tunnel.netty.origin;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an origin listens.
 *
 * @param scheme {@code http}, {@code https}, {@code h2c}, {@code unix}, {@code unix+tls} or that of a TCP service
 * @param host a name or an IP literal without brackets; {@code localhost} for a socket file
 * @param port 1 to 65535; 0 for a socket file
 * @param file the socket file, null for TCP
 */
public record OriginAddress(
        String scheme, String host, int port, @Nullable Path file) {

    /**
     * Makes an address on the network.
     *
     * @param scheme any but {@code unix} and {@code unix+tls}
     * @param host a name or an IP literal without brackets
     * @param port 1 to 65535
     */
    public OriginAddress(String scheme, String host, int port) {
        this(scheme, host, port, null);
    }

    /**
     * Makes the address of a socket file. In TLS it goes by the name {@code localhost}, as in cloudflared.
     *
     * @param file of the default file system
     * @param tls whether TLS is spoken on it
     * @return the address
     */
    public static OriginAddress unix(Path file, boolean tls) {
        return new OriginAddress(tls ? "unix+tls" : "unix", "localhost", 0, file);
    }

    /**
     * Tells whether the origin speaks TLS.
     *
     * @return whether the scheme is one with TLS
     */
    public boolean tls() {
        return scheme.equals("https") || scheme.equals("unix+tls");
    }

    /** As it stands in the rule, for messages. */
    @Override
    public String toString() {
        if (file != null) {
            return scheme + ":" + file;
        }
        return scheme + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
