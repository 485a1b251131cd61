package dev.adit.tunnel.netty.wire.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices a peer that is gone without a word: after a silence an HTTP/2 PING asks for a sign of life, and when the silence
 * goes on the connection is closed with {@link PeerSilentException}. Whatever arrives counts, so a busy connection is
 * never asked. TCP's own probes are no substitute: a stopped process still acknowledges, and data under way switches them
 * off. Stands before {@link TunnelHttp2} in the pipeline; lives on its event loop.
 */
public final class Liveness extends ChannelInboundHandlerAdapter {

    /** When a silent peer is asked. */
    public static final Duration ASK_AFTER = Duration.ofSeconds(5);

    /** When a silent peer is given up, counted from the same moment. */
    public static final Duration DEAD_AFTER = Duration.ofSeconds(10);

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final TunnelHttp2 http2;
    private final long askAfter;
    private final long deadAfter;
    private long heardAt;
    private long dueAt;
    private boolean asked;
    private @Nullable Future<?> check;

    /**
     * Makes one with the figures of this class.
     *
     * @param http2 of the same connection
     */
    public Liveness(TunnelHttp2 http2) {
        this(http2, ASK_AFTER, DEAD_AFTER);
    }

    Liveness(TunnelHttp2 http2, Duration askAfter, Duration deadAfter) {
        this.http2 = http2;
        this.askAfter = askAfter.toNanos();
        this.deadAfter = deadAfter.toNanos();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        heardAt = now(ctx);
        checkAt(ctx, heardAt + askAfter);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        heardAt = now(ctx);
        asked = false;
        ctx.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stop();
    }

    private void check(ChannelHandlerContext ctx) {
        long now = now(ctx);
        if (now - dueAt > NANOS_PER_SECOND && now - heardAt >= askAfter) {
            // This process was held up itself: what the peer sent meanwhile may still wait to be read.
            heardAt = now - askAfter;
            asked = false;
        }
        long silent = now - heardAt;
        if (silent >= deadAfter) {
            ctx.fireExceptionCaught(new PeerSilentException(Duration.ofNanos(silent)));
        } else if (silent < askAfter) {
            checkAt(ctx, heardAt + askAfter);
        } else {
            if (!asked) {
                asked = true;
                http2.ping();
            }
            checkAt(ctx, Math.min(heardAt + deadAfter, now + askAfter));
        }
    }

    private void checkAt(ChannelHandlerContext ctx, long due) {
        dueAt = due;
        check = ctx.executor().schedule(() -> check(ctx), due - now(ctx), TimeUnit.NANOSECONDS);
    }

    private void stop() {
        if (check != null) {
            check.cancel(false);
        }
    }

    private static long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }
}
