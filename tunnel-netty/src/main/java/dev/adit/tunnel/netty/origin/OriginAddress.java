package dev.adit.tunnel.netty.origin;

/**
 * Where an HTTP origin listens.
 *
 * @param scheme {@code http}, {@code https} or {@code h2c}
 * @param host a name or an IP literal without brackets
 * @param port 1 to 65535
 */
public record OriginAddress(String scheme, String host, int port) {

    /**
     * Tells whether the origin speaks TLS.
     *
     * @return whether the scheme is {@code https}
     */
    public boolean tls() {
        return scheme.equals("https");
    }

    /** As it stands in the rule, for messages. */
    @Override
    public String toString() {
        return scheme + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
