package dev.adit.tunnel.netty.origin;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an origin. Serves one call at a time; between calls it waits in its pool, where any byte or a close
 * makes it unusable. Used on its event loop only.
 */
final class OriginConnection extends ChannelInboundHandlerAdapter {

    private final Channel channel;
    private final OriginPool pool;
    private final String serverName;
    private final OriginRequestEncoder encoder = new OriginRequestEncoder();
    private final OriginResponseDecoder decoder = new OriginResponseDecoder();
    private @Nullable HttpOriginCall call;
    private boolean reused;
    private boolean finished;
    private boolean reusable;
    private boolean cutOff;
    private long idleSince;

    OriginConnection(Channel channel, OriginPool pool, String serverName) {
        this.channel = channel;
        this.pool = pool;
        this.serverName = serverName;
    }

    /** Puts the codec and this behind whatever is in the pipeline already. */
    void install() {
        channel.pipeline().addLast(encoder, decoder, this);
    }

    String serverName() {
        return serverName;
    }

    boolean isOpen() {
        return channel.isActive() && !decoder.hasSurplus();
    }

    /** Whether it has served a call before the present one. */
    boolean isReused() {
        return reused;
    }

    /** Whether any byte of the present call's response came. */
    boolean hasBegun() {
        return decoder.hasBegun();
    }

    /** Whether the origin's end of stream was a TLS connection's without its proper end. */
    boolean isCutOff() {
        return cutOff;
    }

    long idleSince() {
        return idleSince;
    }

    void becomeIdle(long now) {
        idleSince = now;
        reused = true;
    }

    /** Gives the connection to a call. */
    void begin(HttpOriginCall next, boolean headRequest) {
        call = next;
        finished = false;
        reusable = false;
        decoder.expect(headRequest);
    }

    /**
     * The call's response is complete, and with the present batch of reading it lets go of the connection.
     *
     * @param mayBeReused whether another request may follow
     */
    void finish(boolean mayBeReused) {
        finished = true;
        reusable = mayBeReused;
    }

    /** Lets bytes through untouched from now on, both ways. What the origin sent already comes as bytes. */
    void becomeRaw() {
        channel.pipeline().remove(encoder);
        channel.pipeline().remove(decoder);
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    ChannelFuture write(Object message) {
        return channel.write(message);
    }

    void flush() {
        channel.flush();
    }

    /** Reads on, or pauses. */
    void read(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Closes in order: what was flushed is sent first, and TLS is ended properly. */
    void close() {
        call = null;
        channel.close();
    }

    /** Breaks off at once, so that a request under way never looks complete. */
    void abort() {
        call = null;
        @Nullable ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first == null) {
            channel.close();
        } else {
            first.close(); // begins below TLS, which would wait for its goodbye to be sent
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (call == null || finished) {
            ReferenceCountUtil.release(message);
        } else {
            call.onRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        @Nullable HttpOriginCall current = call;
        if (current != null) {
            current.onReadComplete();
        }
        if (call != null && finished) {
            call = null;
            read(true);
            if (reusable && !decoder.hasSurplus()) {
                pool.offer(this);
            } else {
                close();
            }
        } else if (call == null && decoder.hasSurplus()) {
            pool.remove(this);
            close();
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
        pool.remove(this);
        @Nullable HttpOriginCall current = call;
        boolean over = finished;
        call = null;
        if (current != null && !over) {
            current.onGone(cause);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (call != null) {
            call.onOriginWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent close && !close.isSuccess()) {
            cutOff = true;
        } else if (event instanceof ChannelOutputShutdownEvent) {
            if (call == null) {
                ctx.close();
            } else {
                call.onOutputShut();
            }
        }
    }
}
