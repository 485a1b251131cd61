package dev.adit.tunnel.netty.origin;

import io.netty.handler.codec.http2.Http2Headers;

/**
 * The head of a request on its way to an origin.
 *
 * @param method a token, checked
 * @param target path and query as the edge sent them, octet for octet as ISO-8859-1; checked to hold no white space or
 *     control character
 * @param authority the visitor's host, perhaps with a port; empty if there is none
 * @param headers all headers as they came, names lower-case, pseudo-headers among them; not to be changed. Internal
 *     names (see {@code TunnelHeaders.isInternal}) and hop-by-hop names are still among them and must not be passed on
 * @param webSocket whether the stream is of the WebSocket kind: the body is then the raw byte stream of the visitor
 * @param endStream whether the request is complete: no body, no trailers
 */
public record ProxiedRequest(
        String method, String target, String authority, Http2Headers headers, boolean webSocket, boolean endStream) {}
