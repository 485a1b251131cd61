package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Answers 426 to what is no WebSocket request, where cloudflared answers 200 and connects all the same. What the visitor
 * sends is dropped.
 */
record NotWebSocket(ResponseSink sink) implements OriginCall {

    private static final int UPGRADE_REQUIRED = 426;
    private static final String TEXT =
            "This address serves TCP inside a WebSocket. Reach it with an access tcp client.\n";

    /** Whether a request cannot be answered with a WebSocket of version 13. */
    static boolean isSo(ProxiedRequest request) {
        @Nullable CharSequence key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        @Nullable CharSequence version = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_VERSION);
        return !request.webSocket()
                || key == null
                || key.isEmpty()
                || (version != null && !version.toString().strip().equals("13"));
    }

    static OriginCall answer(ResponseSink sink) {
        byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
        sink.head(
                UPGRADE_REQUIRED,
                new DefaultHttpHeaders()
                        .add("Sec-WebSocket-Version", "13")
                        .add("Content-Type", "text/plain; charset=utf-8")
                        .add("Content-Length", Integer.toString(text.length)),
                false);
        sink.data(Unpooled.wrappedBuffer(text), true);
        sink.flush();
        return new NotWebSocket(sink);
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        int bytes = data.readableBytes();
        data.release();
        sink.consumed(bytes);
    }

    @Override
    public void trailers(Http2Headers trailers) {
        // Nobody reads them.
    }

    @Override
    public void cancel() {
        // Nothing is under way.
    }

    @Override
    public void writabilityChanged() {
        // Nothing waits.
    }

    @Override
    public void flush() {
        // Nothing was written.
    }
}
