package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginRequest;
import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import io.netty.handler.codec.http.HttpHeaders;

/** The server's side of the opening handshake of RFC 6455 section 4.2. */
final class WebSocketHandshake {

    private WebSocketHandshake() {}

    /**
     * Returns the fields of the 101 response.
     *
     * @param more the application's
     * @throws IllegalStateException if the request is no WebSocket request
     * @throws IllegalArgumentException if the application promises an extension, which we do not speak
     */
    static HttpHeaders answer(OriginRequest request, HeaderFields more) {
        if (!request.webSocket()) {
            throw new IllegalStateException(
                    request + " is no WebSocket request. Look at OriginRequest.webSocket() before accepting.");
        }
        String key = request.headers().first("Sec-WebSocket-Key").orElse("").strip();
        if (key.isEmpty()) {
            throw new IllegalStateException(
                    "The WebSocket request " + request + " has no Sec-WebSocket-Key. Respond with status 400.");
        }
        if (more.contains("Sec-WebSocket-Extensions")) {
            throw new IllegalArgumentException(
                    "Sec-WebSocket-Extensions: none is supported. Leave the field out of the 101 response.");
        }
        HttpHeaders headers = MessageHeads.http(HeaderFields.of(
                "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", AcceptKey.of(key)));
        more.forEach(field -> headers.add(field.name(), field.value()));
        return headers;
    }
}
