package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import dev.adit.tunnel.netty.wire.websocket.FrameException;
import dev.adit.tunnel.netty.wire.websocket.FrameReader;
import dev.adit.tunnel.netty.wire.websocket.HalfClose;
import dev.adit.tunnel.netty.wire.websocket.WebSocketFrames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The stream is a WebSocket, of which we are the server: binary messages hold the bytes, their borders mean nothing. Text
 * is answered by closing with 1003, since dropping it, as cloudflared does, would corrupt the bytes.
 *
 * <p>A close ends both directions, unless {@link HalfClose} was agreed: then it ends the sender's, and the other side closes
 * when it has sent all.
 */
final class WebSocketSide implements VisitorSide, FrameReader.Listener {

    private static final int CLOSE_PATIENCE_SECONDS = 5;

    private final ProxiedRequest request;
    private final ResponseSink sink;
    private final Duration pingEvery;
    private final boolean halfClose;
    private final FrameReader frames = new FrameReader(true, this);
    private @Nullable Listener listener;
    private @Nullable ScheduledFuture<?> pings;
    private @Nullable ScheduledFuture<?> patience;
    private byte @Nullable [] unanswered;
    private boolean closeSent;
    private boolean inputClosed;
    private boolean responseEnded;

    /**
     * Prepares the answer.
     *
     * @param pingEvery a visitor that is silent for longer may be taken for gone by what lies on the way
     */
    WebSocketSide(ProxiedRequest request, ResponseSink sink, Duration pingEvery) {
        this.request = request;
        this.sink = sink;
        this.pingEvery = pingEvery;
        halfClose = HalfClose.isOffered(request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS));
    }

    /** Adds the fields of a 101 response. */
    static HttpHeaders accepted(HttpHeaders headers, String accept) {
        return headers.add("Connection", "Upgrade").add("Upgrade", "websocket").add("Sec-WebSocket-Accept", accept);
    }

    @Override
    public void open(Listener opened) {
        listener = opened;
        @Nullable CharSequence key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        HttpHeaders headers = accepted(new DefaultHttpHeaders(), AcceptKey.of(key == null ? "" : key));
        if (halfClose) {
            headers.add("Sec-WebSocket-Extensions", HalfClose.EXTENSION);
        }
        sink.head(101, headers, false);
        sink.flush();
        long nanos = pingEvery.toNanos();
        pings = sink.eventLoop().scheduleWithFixedDelay(this::ping, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    private void ping() {
        if (sink.isWritable() && !closeSent) {
            sink.data(WebSocketFrames.ping(), false);
            sink.flush();
        }
    }

    @Override
    public void read(ByteBuf data) {
        if (inputClosed || listener == null) {
            data.release();
            return;
        }
        try {
            frames.read(data);
        } catch (FrameException e) {
            broken(e.status(), String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void payload(boolean text, ByteBuf payload) {
        if (inputClosed || listener == null) {
            payload.release();
        } else if (text) {
            payload.release();
            broken(WebSocketCloseStatus.INVALID_MESSAGE_TYPE.code(), "a text message, where TCP needs binary ones");
        } else {
            listener.received(payload);
        }
    }

    /** Only the latest of several pings need be answered (RFC 6455 section 5.5.3); so a flood cannot fill the queue. */
    @Override
    public void ping(byte[] data) {
        if (closeSent) {
            return;
        }
        if (sink.isWritable()) {
            sink.data(WebSocketFrames.pong(data), false);
            sink.flush();
        } else {
            unanswered = data;
        }
    }

    @Override
    public void writable() {
        byte[] data = unanswered;
        unanswered = null;
        if (data != null) {
            ping(data);
        }
    }

    @Override
    public void close(int status) {
        inputClosed = true;
        if (halfClose && !closeSent) {
            if (listener != null) {
                listener.receivedEnd();
            }
        } else {
            finish(closeSent ? Unpooled.EMPTY_BUFFER : WebSocketFrames.close(status, ""));
        }
    }

    @Override
    public void end() {
        finish(Unpooled.EMPTY_BUFFER);
    }

    private void finish(ByteBuf last) {
        inputClosed = true;
        endResponse(last);
        if (listener != null) {
            listener.closed();
        }
    }

    private void broken(int status, String what) {
        inputClosed = true;
        endResponse(closeSent ? Unpooled.EMPTY_BUFFER : WebSocketFrames.close(status, ""));
        if (listener != null) {
            listener.broken("The visitor broke a rule of WebSocket: " + what);
        }
    }

    private void endResponse(ByteBuf last) {
        if (!responseEnded) {
            responseEnded = true;
            closeSent = true;
            sink.data(last, true);
            sink.flush();
        }
    }

    @Override
    public void complete() {
        endResponse(closeSent ? Unpooled.EMPTY_BUFFER : normalClose());
    }

    private static ByteBuf normalClose() {
        return WebSocketFrames.close(WebSocketCloseStatus.NORMAL_CLOSURE.code(), "");
    }

    @Override
    public void write(ByteBuf bytes) {
        if (closeSent || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        sink.data(WebSocketFrames.binaryHead(bytes.readableBytes()), false);
        sink.data(bytes, false);
    }

    /** Closes, and hears the visitor out until it closes too: what it had sent before is still passed on. */
    @Override
    public void writeEnd() {
        if (closeSent) {
            return;
        }
        if (inputClosed) {
            finish(normalClose());
            return;
        }
        closeSent = true;
        sink.data(normalClose(), false);
        sink.flush();
        if (!halfClose) {
            patience = sink.eventLoop().schedule(this::end, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Closes with 1001 and waits for the visitor's close; what it had sent before is still passed on. */
    @Override
    public void goingAway() {
        if (closeSent) {
            return;
        }
        ByteBuf close = WebSocketFrames.close(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE.code(), "");
        if (inputClosed) {
            finish(close);
        } else {
            closeSent = true;
            sink.data(close, false);
            sink.flush();
            patience = sink.eventLoop().schedule(this::end, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public void stop() {
        listener = null;
        if (pings != null) {
            pings.cancel(false);
        }
        if (patience != null) {
            patience.cancel(false);
        }
    }
}
