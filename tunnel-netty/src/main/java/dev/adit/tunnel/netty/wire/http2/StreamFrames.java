package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;

/** Hands the frames that arrive to the stream they belong to. Runs on the connection's event loop. */
final class StreamFrames extends Http2FrameAdapter {

    private final TunnelHttp2 http2;
    private boolean ready;

    StreamFrames(TunnelHttp2 http2) {
        this.http2 = http2;
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
        if (!ready) {
            ready = true;
            http2.owner().onReady();
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endStream)
            throws Http2Exception {
        onHeadersRead(ctx, streamId, headers, padding, endStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endStream)
            throws Http2Exception {
        Http2Stream stream = http2.connection().stream(streamId);
        if (stream == null) {
            return;
        }
        TunnelStream known = http2.find(stream);
        if (known != null) {
            known.headers(headers, endStream);
            return;
        }
        if (!http2.connection().isServer()) {
            throw Http2Exception.connectionError(
                    Http2Error.PROTOCOL_ERROR, "The peer opened stream %d, which it may not", streamId);
        }
        TunnelStream opened = http2.register(stream);
        opened.guarded(() -> opened.receiver(http2.owner().onStream(opened, headers, endStream)));
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endStream) {
        TunnelStream stream = http2.find(streamId);
        int bytes = data.readableBytes();
        if (stream == null) {
            return bytes + padding;
        }
        stream.received(bytes);
        stream.data(data.retain(), endStream);
        if (http2.budget().isFarExceeded()) {
            http2.budget().shedMost();
        }
        return padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
        TunnelStream stream = http2.find(streamId);
        if (stream != null) {
            stream.abort(errorCode);
        }
    }
}
