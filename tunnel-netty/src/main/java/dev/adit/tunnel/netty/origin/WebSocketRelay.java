package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.netty.wire.websocket.FrameBoundary;
import dev.adit.tunnel.netty.wire.websocket.WebSocketFrames;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;

/**
 * The way of an origin's bytes to a visitor once a WebSocket was accepted. They pass as they are, until the tunnel is
 * about to close: then a close frame with 1001 is put behind the frame that is on its way, and nothing follows it. The
 * visitor's answer goes to the origin like all it sends, so that the origin closes too. Used on its event loop only.
 */
final class WebSocketRelay {

    private final ResponseSink sink;
    private final FrameBoundary frames = new FrameBoundary();
    private boolean leaving;
    private boolean closed;

    WebSocketRelay(ResponseSink sink) {
        this.sink = sink;
    }

    /** Passes bytes on; <em>takes ownership</em>. */
    void toVisitor(ByteBuf bytes) {
        if (closed) {
            bytes.release();
        } else if (!leaving) {
            frames.pass(bytes);
            sink.data(bytes, false);
        } else {
            int last = frames.passToBoundary(bytes);
            sink.data(bytes.readRetainedSlice(last), false);
            closeAtBoundary();
            if (closed || !bytes.isReadable()) {
                bytes.release();
            } else {
                sink.data(bytes, false); // the origin has closed by itself
            }
        }
    }

    /** The tunnel closes soon. */
    void goingAway() {
        if (!leaving) {
            leaving = true;
            closeAtBoundary();
            sink.flush();
        }
    }

    private void closeAtBoundary() {
        if (!closed && frames.isBoundary() && !frames.isClosed()) {
            closed = true;
            sink.data(WebSocketFrames.close(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE.code(), ""), false);
        }
    }
}
