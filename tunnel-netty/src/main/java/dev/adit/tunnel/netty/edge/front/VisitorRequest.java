package dev.adit.tunnel.netty.edge.front;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A visitor's request, checked.
 *
 * @param method a token, with its case
 * @param target path and query, or {@code *}; one character for each octet, as sent
 * @param authority the Host header in lower case
 * @param host the authority in the router's spelling
 * @param headers as sent; borrowed from the decoder, which no longer changes them
 * @param hasBody whether a body follows, be it empty
 * @param keepAlive whether the connection may be used again afterwards
 * @param http10 whether the visitor speaks HTTP/1.0: no chunks, no interim responses
 * @param expectsContinue whether the body comes only after a 100
 * @param webSocketKey the key if this asks for a WebSocket, else null
 */
record VisitorRequest(
        String method,
        String target,
        String authority,
        String host,
        HttpHeaders headers,
        boolean hasBody,
        boolean keepAlive,
        boolean http10,
        boolean expectsContinue,
        @Nullable String webSocketKey) {

    boolean isHead() {
        return method.equals("HEAD");
    }

    boolean isWebSocket() {
        return webSocketKey != null;
    }

    /** The target without its query, for reports. */
    String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }
}
