package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.netty.wire.websocket.WebSocketFrames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes messages of the bytes that a visitor sends on a WebSocket, answers pings and keeps the closing handshake. Runs on
 * the event loop.
 *
 * <p>Back-pressure: while a whole message waits to be received, the visitor gets no more credit. So memory is bounded by one
 * message in the making and one window of whole ones.
 */
final class WebSocketReader implements Inbound {

    static final int MAX_MESSAGE = 1024 * 1024;
    private static final int CLOSE_PATIENCE_SECONDS = 5;

    private final HandlerCall call;
    private final HandlerWebSocket socket;
    private @Nullable EmbeddedChannel decoder;
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream(0);
    private boolean partialIsText;
    private byte @Nullable [] latestPing;
    private int withheld;
    private boolean done;
    private @Nullable ScheduledFuture<?> closeTimer;

    WebSocketReader(HandlerCall call, HandlerWebSocket socket) {
        this.call = call;
        this.socket = socket;
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        withheld += data.readableBytes();
        if (done) {
            data.release();
        } else {
            decode(data);
        }
        giveCredit();
        if (end && !done) {
            socket.visitorBroke("The visitor's connection ended without closing the WebSocket.", 0);
            stop();
        }
    }

    @Override
    public void trailers(HeaderFields trailers) {
        data(Unpooled.EMPTY_BUFFER, true);
    }

    @Override
    public void cut(String reason) {
        stop();
        socket.cut(reason);
    }

    @Override
    public void responseComplete() {
        stop();
        socket.cut("The WebSocket is closed.");
    }

    @Override
    public void room() {
        byte[] ping = latestPing;
        latestPing = null;
        if (ping != null) {
            socket.control(WebSocketFrames.pong(ping));
        }
    }

    @Override
    public void goingAway() {
        if (!done) {
            socket.goingAway();
            awaitClose();
        }
    }

    /** Gives the credit that was withheld, if no whole message waits. */
    void giveCredit() {
        if (withheld > 0 && (done || !socket.hasWaiting())) {
            call.sink().consumed(withheld);
            withheld = 0;
        }
    }

    /** We sent a close first: waits a while for the visitor's. */
    void awaitClose() {
        if (done) {
            call.response().end(MessageHeads.http(HeaderFields.empty()));
        } else if (closeTimer == null) {
            closeTimer = call.sink().eventLoop().schedule(this::stop, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void decode(ByteBuf data) {
        EmbeddedChannel frames = decoder();
        DecoderException violation = null;
        try {
            frames.writeInbound(data);
        } catch (DecoderException e) {
            violation = e;
        }
        for (WebSocketFrame frame = frames.readInbound(); frame != null; frame = frames.readInbound()) {
            try {
                if (!done) {
                    frame(frame);
                }
            } finally {
                frame.release();
            }
        }
        if (violation != null && !done) {
            WebSocketCloseStatus status = violation instanceof CorruptedWebSocketFrameException corrupted
                    ? corrupted.closeStatus()
                    : WebSocketCloseStatus.PROTOCOL_ERROR;
            breakRule(status.code(), "The visitor broke a rule of WebSocket: " + violation.getMessage());
        }
    }

    private EmbeddedChannel decoder() {
        EmbeddedChannel made = decoder;
        if (made == null) {
            made = new EmbeddedChannel(new WebSocket13FrameDecoder(WebSocketDecoderConfig.newBuilder()
                    .maxFramePayloadLength(MAX_MESSAGE)
                    .expectMaskedFrames(true)
                    .allowExtensions(false)
                    .closeOnProtocolViolation(false)
                    .build()));
            decoder = made;
        }
        return made;
    }

    private void frame(WebSocketFrame frame) {
        if (frame instanceof PingWebSocketFrame) {
            ping(ByteBufUtil.getBytes(frame.content()));
        } else if (frame instanceof CloseWebSocketFrame close) {
            int status = close.statusCode() < 0 ? 1005 : close.statusCode();
            socket.visitorClosed(status);
            stop();
        } else if (!(frame instanceof PongWebSocketFrame)) {
            part(frame);
        }
    }

    /** Only the latest of several pings need be answered (RFC 6455 section 5.5.3); so a flood cannot fill the queue. */
    private void ping(byte[] data) {
        if (call.response().hasRoom()) {
            socket.control(WebSocketFrames.pong(data));
        } else {
            latestPing = data;
        }
    }

    private void part(WebSocketFrame frame) {
        byte[] bytes = ByteBufUtil.getBytes(frame.content());
        boolean first = !(frame instanceof ContinuationWebSocketFrame);
        boolean text = first ? frame instanceof TextWebSocketFrame : partialIsText;
        if (first && frame.isFinalFragment()) {
            socket.received(text, bytes);
            return;
        }
        partialIsText = text;
        if (partial.size() + bytes.length > MAX_MESSAGE) {
            breakRule(WebSocketCloseStatus.MESSAGE_TOO_BIG.code(), "The visitor's message is longer than 1 MiB.");
            return;
        }
        partial.writeBytes(bytes);
        if (frame.isFinalFragment()) {
            socket.received(text, partial.toByteArray());
            partial.reset();
        }
    }

    private void breakRule(int status, String reason) {
        socket.visitorBroke(reason, status);
        stop();
    }

    /** Nothing more is read: releases the decoder and completes our direction. */
    private void stop() {
        if (done) {
            return;
        }
        done = true;
        if (closeTimer != null) {
            closeTimer.cancel(false);
        }
        EmbeddedChannel used = decoder;
        decoder = null;
        try {
            if (used != null) {
                used.finishAndReleaseAll();
            }
        } catch (DecoderException e) {
            // An incomplete frame was left over; it has been released.
        }
        giveCredit();
        call.response().end(MessageHeads.http(HeaderFields.empty()));
    }
}
