package dev.adit.tunnel.netty.edge.front;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * Tells an agreed upgrade from an ordinary 200: both come with that status on a stream marked as WebSocket. Source: RFC
 * 6455 section 4.2.2 for the proof; cloudflared 2026.8.2 turns 101 into 200.
 */
final class WebSocketUpgrade {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private WebSocketUpgrade() {}

    /** Whether the visitor asked for a WebSocket and the origin proved that it speaks it. */
    static boolean isAgreed(VisitorRequest request, ResponseHead head) {
        String key = request.webSocketKey();
        return key != null
                && head.status() == 200
                && head.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                && accept(key).equals(head.headers().get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT));
    }

    private static String accept(String key) {
        try {
            byte[] sha1 = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(sha1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }
}
