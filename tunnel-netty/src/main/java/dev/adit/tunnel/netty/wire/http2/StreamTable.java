package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Stream;

/** Follows the life of streams. Our stream object hangs on Netty's, so there is no second table to keep. */
final class StreamTable extends Http2ConnectionAdapter {

    private final TunnelHttp2 http2;

    StreamTable(TunnelHttp2 http2) {
        this.http2 = http2;
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
        TunnelStream known = http2.find(stream);
        if (known != null) {
            known.closed();
            http2.owner().onStreamClosed();
        }
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
        http2.refuseAbove(lastStreamId);
        http2.owner().onGoAway(lastStreamId, errorCode);
    }
}
