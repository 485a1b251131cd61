package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginRequest;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The server's side of the opening handshake of RFC 6455 section 4.2. */
final class WebSocketHandshake {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

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
        HttpHeaders headers = MessageHeads.http(
                HeaderFields.of("Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", accept(key)));
        more.forEach(field -> headers.add(field.name(), field.value()));
        return headers;
    }

    private static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-1.", e);
        }
    }
}
