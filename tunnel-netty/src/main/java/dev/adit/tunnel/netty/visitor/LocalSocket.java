package dev.adit.tunnel.netty.visitor;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An accepted connection, each direction of which ends for itself. Its channel was made with half-closure and without auto-read. */
final class LocalSocket extends ChannelInboundHandlerAdapter implements LocalSide {

    /** How long a program may take for what is left for it, and to close. */
    private static final int CLOSE_PATIENCE_SECONDS = 10;

    private final Channel channel;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private @Nullable Listener listener;
    private boolean inputEnded;
    private boolean closing;
    private boolean outputEnded;
    private boolean outputFailed;

    LocalSocket(Channel channel) {
        this.channel = channel;
        channel.closeFuture().addListener(done -> closed.complete(null));
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed;
    }

    @Override
    public void start(Listener told) {
        listener = told;
        if (channel.isActive()) {
            read(true);
        } else {
            gone(null);
        }
    }

    @Override
    public boolean isWritable() {
        return outputFailed || channel.isWritable();
    }

    @Override
    public void write(ByteBuf bytes) {
        if (outputEnded || outputFailed) {
            bytes.release();
        } else {
            var unused = channel.write(bytes);
        }
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public void writeEnd() {
        if (!outputEnded && !outputFailed) {
            outputEnded = true;
            var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
                if (written.isSuccess()) {
                    ((DuplexChannel) channel).shutdownOutput();
                }
            });
        }
    }

    @Override
    public void read(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Hears the program out until it closes too: to close before would reset, and it could lose what is under way. */
    @Override
    public void close() {
        listener = null;
        closing = true;
        if (inputEnded || outputFailed) {
            var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else {
            writeEnd();
            read(true);
        }
        if (channel.isOpen()) {
            var limit = channel.eventLoop().schedule(this::reset, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(done -> limit.cancel(false));
        }
    }

    @Override
    public void abort(RuntimeException reason) {
        listener = null;
        reset();
    }

    private void reset() {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (listener == null) {
            ReferenceCountUtil.release(message);
        } else {
            listener.localRead((ByteBuf) message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.localReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.localWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            if (closing) {
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            } else if (listener != null) {
                listener.localEnded();
            }
        } else if (event instanceof ChannelOutputShutdownEvent && !outputEnded) {
            outputFailed = true;
            if (listener != null) {
                listener.localWritable();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        gone(cause);
        ctx.close();
    }

    private void gone(@Nullable Throwable cause) {
        Listener told = listener;
        listener = null;
        if (told != null) {
            told.localGone(cause);
        }
    }
}
