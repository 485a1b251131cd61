package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.netty.wire.websocket.FrameException;
import dev.adit.tunnel.netty.wire.websocket.FrameReader;
import dev.adit.tunnel.netty.wire.websocket.WebSocketFrames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An open WebSocket of which we are the client; binary messages hold the bytes, their borders mean nothing. We write at
 * most 16 KiB a message, because the genuine connector loses what is beyond (cloudflared 2026.8.2,
 * {@code websocket/connection.go}). Used on its event loop only.
 */
final class WebSocketLink extends ChannelInboundHandlerAdapter implements FrameReader.Listener {

    static final int MAX_MESSAGE = 16_384;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CLOSE_PATIENCE_SECONDS = 5;

    /** Takes what comes of it; not told anything after {@link #receivedEnd}, {@link #gone} or an end of our own. */
    interface Listener {
        /** Bytes of the service; the listener <em>takes ownership</em>. */
        void received(ByteBuf bytes);

        /** What was received so far may be written. */
        void receivedComplete();

        /** The service sends no more: its close has come. */
        void receivedEnd();

        /** Whether it takes more has changed. */
        void linkWritable();

        /**
         * It ended without a close.
         *
         * @param broken what happened, null if it ended as a connector without closes ends it
         */
        void gone(@Nullable String broken);
    }

    private final Channel channel;
    private final boolean halfClose;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final FrameReader frames = new FrameReader(false, this);
    private final Queue<ByteBuf> early = new ArrayDeque<>();
    private @Nullable Listener listener;
    private @Nullable ScheduledFuture<?> patience;
    private byte @Nullable [] unanswered;
    private boolean started;
    private boolean closeSent;
    private boolean closeReceived;
    private boolean tlsEnded;

    /**
     * Takes over a channel that was upgraded.
     *
     * @param halfClose whether a close ends only its sender's direction
     */
    WebSocketLink(Channel channel, boolean halfClose) {
        this.channel = channel;
        this.halfClose = halfClose;
        channel.closeFuture().addListener(done -> closed.complete(null));
    }

    /** Completes when the connection is closed. */
    CompletableFuture<Void> closed() {
        return closed;
    }

    boolean halfClose() {
        return halfClose;
    }

    void start(Listener told) {
        listener = told;
        started = true;
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            read(data);
        }
        if (listener != null) {
            listener.receivedComplete();
        }
        if (channel.isActive()) {
            read(true);
        } else {
            ended();
        }
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** <em>Takes ownership</em>, and changes the octets. */
    void write(ByteBuf bytes) {
        if (closeSent || !channel.isActive()) {
            bytes.release();
            return;
        }
        while (bytes.readableBytes() > MAX_MESSAGE) {
            message(bytes.readRetainedSlice(MAX_MESSAGE));
        }
        message(bytes);
    }

    private void message(ByteBuf payload) {
        if (!payload.isReadable()) {
            payload.release();
            return;
        }
        channel.write(WebSocketFrames.maskedBinaryHead(payload, RANDOM.nextInt()));
        channel.write(payload);
    }

    void flush() {
        channel.flush();
    }

    /** Reads on, or not for now. */
    void read(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /**
     * Sends our close. Without half-closes the service gets a few seconds to hand over what is under way; when both have
     * closed, it ends the connection.
     */
    void writeEnd() {
        if (!closeSent) {
            sendClose(WebSocketCloseStatus.NORMAL_CLOSURE.code());
            if (!halfClose || closeReceived) {
                limitTheRest();
            }
        }
    }

    private void sendClose(int status) {
        closeSent = true;
        channel.writeAndFlush(WebSocketFrames.masked(WebSocketFrames.close(status, ""), RANDOM.nextInt()));
    }

    private void limitTheRest() {
        // The connection may be in back-pressure, and its end is wanted now.
        if (closeReceived) {
            read(true);
        }
        if (patience != null) {
            patience.cancel(false);
        }
        patience = channel.eventLoop().schedule(this::ended, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Breaks off, so that what was sent never looks complete. */
    void abort() {
        listener = null;
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf data = (ByteBuf) message;
        if (started) {
            read(data);
        } else {
            early.add(data);
        }
    }

    private void read(ByteBuf data) {
        if (listener == null || closeReceived) {
            data.release();
            return;
        }
        try {
            frames.read(data);
        } catch (FrameException e) {
            broken(e.status(), "it broke a rule of WebSocket: " + e.getMessage());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.receivedComplete();
        }
    }

    @Override
    public void payload(boolean text, ByteBuf payload) {
        if (listener == null) {
            payload.release();
        } else if (text) {
            payload.release();
            broken(
                    WebSocketCloseStatus.INVALID_MESSAGE_TYPE.code(),
                    "it sent text, where TCP needs binary messages; the host is no TCP service");
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
        if (channel.isWritable()) {
            channel.writeAndFlush(WebSocketFrames.masked(WebSocketFrames.pong(data), RANDOM.nextInt()));
        } else {
            unanswered = data;
        }
    }

    @Override
    public void close(int status) {
        closeReceived = true;
        Listener told = listener;
        if (closeSent) {
            limitTheRest();
        }
        if (told != null) {
            told.receivedEnd();
        }
    }

    private void broken(int status, String what) {
        Listener told = listener;
        listener = null;
        if (!closeSent) {
            sendClose(status);
        }
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        if (told != null) {
            told.gone(what);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        byte[] data = unanswered;
        unanswered = null;
        if (data != null) {
            ping(data);
        }
        if (listener != null) {
            listener.linkWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent closed) {
            tlsEnded = closed.isSuccess();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (started) {
            ended();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Listener told = listener;
        listener = null;
        ctx.close();
        if (told != null && !closeReceived) {
            told.gone("it was lost: " + WebSocketDial.reason(cause));
        }
    }

    /** Nothing more comes. A connector that does not know half-closes may end the connection without a close. */
    private void ended() {
        if (patience != null) {
            patience.cancel(false);
        }
        Listener told = listener;
        listener = null;
        if (told != null && !closeReceived) {
            boolean inOrder = !halfClose
                    && frames.isBetweenMessages()
                    && (channel.pipeline().get(SslHandler.class) == null || tlsEnded || closeSent);
            told.gone(inOrder ? null : "it ended without a close");
        }
        channel.close();
    }

    /** Gives back what was not taken. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
    }
}
