package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** Takes and drops what follows on a stream that has been answered. */
final class Discard implements StreamReceiver {

    private final TunnelStream stream;

    Discard(TunnelStream stream) {
        this.stream = stream;
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {}

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        data.release();
        stream.consumed(bytes);
    }

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onReset(long errorCode) {}
}
