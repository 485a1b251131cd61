package dev.adit.tunnel.spi;

import dev.adit.tunnel.TunnelException;

/** Compiled ingress rules. Immutable and safe for use by several threads. */
public interface IngressMatcher {

    /**
     * Finds the rule for a request.
     *
     * @param host the value of {@code Host} or {@code :authority}; a port is ignored
     * @param path the request's path as sent, percent-encoded; a query is ignored
     * @return the index of the first rule that matches, at worst of the last
     */
    int match(String host, String path);

    /**
     * Finds the rule for a URL.
     *
     * @param url with scheme or host, read as cloudflared's {@code ingress rule} reads it
     * @return the index of the first rule that matches, at worst of the last
     * @throws TunnelException if it is no URL or has neither scheme nor host; with cloudflared's text
     */
    int matchUrl(String url);
}
