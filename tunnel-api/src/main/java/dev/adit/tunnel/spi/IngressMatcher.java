package dev.adit.tunnel.spi;

/** Compiled ingress rules. Immutable and safe for use by several threads. */
@FunctionalInterface
public interface IngressMatcher {

    /**
     * Finds the rule for a request.
     *
     * @param host the value of {@code Host} or {@code :authority}; a port is ignored
     * @param path the request's path as sent, percent-encoded; a query is ignored
     * @return the index of the first rule that matches, at worst of the last
     */
    int match(String host, String path);
}
