package dev.adit.tunnel.netty.origin.stream;

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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connection to a TCP service, each direction of which ends for itself. Used on its event loop only. */
final class TcpConnection extends ChannelInboundHandlerAdapter {

    /** How long a service may take for what was sent before its visitor left. */
    private static final int CLOSE_PATIENCE_SECONDS = 30;

    private final Channel channel;
    private final StreamCall call;
    private boolean outputEnded;
    private boolean outputFailed;
    private boolean done;

    /** Takes over a channel that is connected. */
    TcpConnection(Channel channel, StreamCall call) {
        this.channel = channel;
        this.call = call;
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.pipeline().addLast(this);
    }

    Channel channel() {
        return channel;
    }

    boolean isWritable() {
        return outputFailed || channel.isWritable();
    }

    /** <em>Takes ownership.</em> */
    void write(ByteBuf bytes) {
        if (outputEnded || outputFailed) {
            bytes.release();
        } else {
            var unused = channel.write(bytes);
        }
    }

    void flush() {
        channel.flush();
    }

    /** Sends the end of this direction behind all that was written. */
    void writeEnd() {
        if (!outputEnded && !outputFailed) {
            outputEnded = true;
            var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
                if (written.isSuccess()) {
                    ((DuplexChannel) channel).shutdownOutput();
                }
            });
        }
    }

    void read(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Closes in order, behind all that was written. */
    void close() {
        done = true;
        var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        if (channel.isOpen()) {
            var limit = channel.eventLoop().schedule(this::abort, CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(closed -> limit.cancel(false));
        }
    }

    /** Breaks off with a reset, so that what was sent never looks complete. */
    void abort() {
        done = true;
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (done) {
            bytes.release();
        } else {
            call.originRead(bytes);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!done) {
            call.originReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!done) {
            call.originWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            if (!done) {
                call.originEnded();
            }
        } else if (event instanceof ChannelOutputShutdownEvent && !outputEnded) {
            outputFailed = true;
            if (!done) {
                call.originWritable();
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
        if (!done) {
            done = true;
            call.originGone(cause);
        }
    }
}
