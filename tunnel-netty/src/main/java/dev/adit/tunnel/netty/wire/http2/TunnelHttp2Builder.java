package dev.adit.tunnel.netty.wire.http2;

import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/**
 * Puts the HTTP/2 handler together with every guard set by name. The flow controllers are given with the connection,
 * not the codec with the builder, because the builder leaves most guards out for a foreign codec.
 */
final class TunnelHttp2Builder extends AbstractHttp2ConnectionHandlerBuilder<TunnelHttp2, TunnelHttp2Builder> {

    /** Returned stream credit is announced when half a window has been taken. */
    private static final float WINDOW_UPDATE_RATIO = 0.5f;

    private final ConnectionOwner owner;
    private final ReceiveBudget budget;

    TunnelHttp2Builder(ConnectionOwner owner, ReceiveBudget budget, boolean connector) {
        this.owner = owner;
        this.budget = budget;
        DefaultHttp2Connection connection = new DefaultHttp2Connection(connector);
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection, WINDOW_UPDATE_RATIO, true));
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        connection(connection);
        initialSettings(connector ? Http2Defaults.connectorSettings() : Http2Defaults.edgeSettings());
        headerSensitivityDetector(TunnelHttp2Builder::isOfOneMessage);
        frameListener(new Http2FrameAdapter());
        validateRequiredPseudoHeaders(true);
        decoderEnforceMaxConsecutiveEmptyDataFrames(Http2Defaults.MAX_CONSECUTIVE_EMPTY_DATA);
        decoderEnforceMaxRstFramesPerWindow(Http2Defaults.MAX_DECODED_RESETS, Http2Defaults.RESET_WINDOW_SECONDS);
        decoderEnforceMaxSmallContinuationFrames(Http2Defaults.MAX_SMALL_CONTINUATIONS);
        encoderEnforceMaxRstFramesPerWindow(Http2Defaults.MAX_ENCODED_RESETS, Http2Defaults.RESET_WINDOW_SECONDS);
        encoderEnforceMaxQueuedControlFrames(Http2Defaults.MAX_QUEUED_CONTROL_FRAMES);
        decoupleCloseAndGoAway(true);
    }

    /** Values that hardly ever come twice: in HPACK's small table they would only drive out those that do. */
    private static boolean isOfOneMessage(CharSequence name, CharSequence value) {
        return TunnelHeaders.RESPONSE_HEADERS.contentEquals(name) || TunnelHeaders.CF_RAY.contentEquals(name);
    }

    @Override
    protected TunnelHttp2 build(
            Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initialSettings) {
        return new TunnelHttp2(decoder, encoder, initialSettings, owner, budget);
    }

    @Override
    protected TunnelHttp2 build() {
        return super.build();
    }
}
