package dev.adit.tunnel;

import java.util.Optional;

/**
 * What a visitor asked for, as an {@link OriginHandler} or an {@link AsyncOriginHandler} sees it.
 *
 * @param method the request method, as sent, such as {@code GET}
 * @param target path and query exactly as the visitor sent them, octet by octet; starts with {@code /}, or is
 *     {@code *} for {@code OPTIONS}
 * @param host the visitor's {@code Host}, with its port if one was given; empty if the visitor sent none
 * @param headers the header fields in order, without {@code Host} and without those that concern one hop only
 * @param webSocket whether the visitor asked for a WebSocket
 */
public record OriginRequest(String method, String target, String host, HeaderFields headers, boolean webSocket) {

    /**
     * Returns the path as sent, not decoded.
     *
     * @return the target up to the first question mark
     */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /**
     * Returns the query as sent, not decoded.
     *
     * @return what stands behind the first question mark, empty if there is none
     */
    public Optional<String> query() {
        int query = target.indexOf('?');
        return query < 0 ? Optional.empty() : Optional.of(target.substring(query + 1));
    }

    /**
     * Returns the visitor's address as the edge reports it in {@code CF-Connecting-IP}.
     *
     * @return a literal IP address, empty if the edge gave none
     */
    public Optional<String> visitorAddress() {
        return headers.first("cf-connecting-ip");
    }

    /** Returns method and path only: a query may hold secrets. */
    @Override
    public String toString() {
        return method + " " + path();
    }
}
