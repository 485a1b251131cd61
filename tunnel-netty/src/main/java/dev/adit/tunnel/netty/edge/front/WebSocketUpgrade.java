package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;

/**
 * Tells an agreed upgrade from an ordinary 200: both come with that status on a stream marked as WebSocket. Source: RFC
 * 6455 section 4.2.2 for the proof; cloudflared 2026.8.2 turns 101 into 200.
 */
final class WebSocketUpgrade {

    private WebSocketUpgrade() {}

    /** Whether the visitor asked for a WebSocket and the origin proved that it speaks it. */
    static boolean isAgreed(VisitorRequest request, ResponseHead head) {
        String key = request.webSocketKey();
        return key != null
                && head.status() == 200
                && head.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                && AcceptKey.of(key).equals(head.headers().get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT));
    }
}
