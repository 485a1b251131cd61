package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** The stream is the bytes; each direction ends for itself. Source: cloudflared 2026.8.2, {@code connection/http2.go}. */
final class RawSide implements VisitorSide {

    private final ProxiedRequest request;
    private final ResponseSink sink;
    private @Nullable Listener listener;
    private boolean ended;

    RawSide(ProxiedRequest request, ResponseSink sink) {
        this.request = request;
        this.sink = sink;
    }

    @Override
    public void open(Listener opened) {
        listener = opened;
        @Nullable CharSequence key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        HttpHeaders headers = new DefaultHttpHeaders();
        if (key == null) {
            sink.head(200, headers, false);
        } else {
            sink.head(101, WebSocketSide.accepted(headers, AcceptKey.of(key)), false);
        }
        sink.flush();
    }

    @Override
    public void read(ByteBuf data) {
        if (listener == null) {
            data.release();
        } else {
            listener.received(data);
        }
    }

    @Override
    public void end() {
        if (listener != null) {
            listener.receivedEnd();
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        sink.data(bytes, false);
    }

    @Override
    public void writeEnd() {
        if (!ended) {
            ended = true;
            sink.data(Unpooled.EMPTY_BUFFER, true);
            sink.flush();
        }
    }

    @Override
    public void complete() {
        writeEnd();
    }

    /** Bytes alone have no way to say it. */
    @Override
    public void goingAway() {}

    @Override
    public void writable() {}

    @Override
    public void stop() {
        listener = null;
    }
}
