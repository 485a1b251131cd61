package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.ArrayList;
import java.util.List;

/** The other end of a {@link TunnelHttp2} in an embedded channel: writes frames by hand and lists what comes back. */
final class RawPeer {

    private static final int FRAME_HEADER = 9;

    private final EmbeddedChannel channel;
    private final Http2HeadersEncoder hpack = new DefaultHttp2HeadersEncoder((name, value) -> false, true);
    private final Http2FrameReader reader = new DefaultHttp2FrameReader(false);
    private final List<String> received = new ArrayList<>();

    RawPeer(TunnelHttp2 http2) {
        channel = new EmbeddedChannel(http2);
    }

    EmbeddedChannel channel() {
        return channel;
    }

    void preface() {
        write(Http2CodecUtil.connectionPrefaceBuf());
        frame(4, 0, 0, Unpooled.EMPTY_BUFFER);
        frame(4, 1, 0, Unpooled.EMPTY_BUFFER);
    }

    /** The connector's side begins with SETTINGS and no preface. */
    void settings(int id, int value) {
        frame(4, 0, 0, Unpooled.buffer().writeShort(id).writeInt(value));
        frame(4, 1, 0, Unpooled.EMPTY_BUFFER);
    }

    void goAway(int lastStream) {
        frame(7, 0, 0, Unpooled.buffer().writeInt(lastStream).writeInt(0));
    }

    void headers(int stream, boolean endStream, String... namesAndValues) throws Http2Exception {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        hpack.encodeHeaders(stream, headers, block);
        boolean first = true;
        while (first || block.isReadable()) {
            ByteBuf part = block.readRetainedSlice(Math.min(Http2Defaults.MAX_FRAME_SIZE, block.readableBytes()));
            int endHeaders = block.isReadable() ? 0 : 4;
            frame(first ? 1 : 9, endHeaders | (first && endStream ? 1 : 0), stream, part);
            first = false;
        }
        block.release();
    }

    void request(int stream, boolean endStream) throws Http2Exception {
        headers(stream, endStream, ":method", "POST", ":scheme", "https", ":path", "/", ":authority", "a.test");
    }

    void data(int stream, int bytes) {
        frame(0, 0, stream, Unpooled.wrappedBuffer(new byte[bytes]));
    }

    void reset(int stream, int code) {
        frame(3, 0, stream, Unpooled.buffer().writeInt(code));
    }

    void windowUpdate(int stream, int increment) {
        frame(8, 0, stream, Unpooled.buffer().writeInt(increment));
    }

    private void frame(int type, int flags, int stream, ByteBuf payload) {
        ByteBuf frame = Unpooled.buffer(FRAME_HEADER + payload.readableBytes());
        frame.writeMedium(payload.readableBytes())
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream);
        frame.writeBytes(payload);
        payload.release();
        write(frame);
    }

    private void write(ByteBuf bytes) {
        channel.writeInbound(bytes);
        channel.runPendingTasks();
    }

    /** What has come since the last call, one line a frame. */
    List<String> received() throws Http2Exception {
        channel.runPendingTasks();
        received.clear();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        while (all.isReadable()) {
            reader.readFrame(channel.pipeline().firstContext(), all, new Listing());
        }
        all.release();
        return List.copyOf(received);
    }

    private final class Listing extends Http2FrameAdapter {
        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
            received.add("DATA " + streamId + " " + data.readableBytes() + (end ? " end" : ""));
            return data.readableBytes() + padding;
        }

        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers h, int padding, boolean end) {
            received.add("HEADERS " + streamId + " " + h.status() + (end ? " end" : ""));
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
            received.add("RST_STREAM " + streamId + " " + errorCode);
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
            received.add("SETTINGS " + settings);
        }

        @Override
        public void onGoAwayRead(ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debug) {
            received.add("GOAWAY " + errorCode);
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment) {
            received.add("WINDOW_UPDATE " + streamId + " " + increment);
        }
    }
}
