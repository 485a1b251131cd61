package dev.adit.tunnel.netty.origin;

/**
 * Where an HTTP origin listens.
 *
 * @param host a name or an IP literal without brackets
 * @param port 1 to 65535
 * @param tls whether it speaks TLS
 */
record OriginAddress(String host, int port, boolean tls) {

    /** As it stands in the rule, for messages. */
    @Override
    public String toString() {
        return (tls ? "https://" : "http://") + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
