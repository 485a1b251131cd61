package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginAddress;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to an origin. Waits for the origin's SETTINGS, then carries as many calls as they allow. Without
 * a stream it is idle, and closed after {@code keepAliveTimeout}; after GOAWAY it is closed with its last stream. Used on
 * its event loop only.
 */
final class Http2OriginConnection implements ConnectionOwner {

    private static final int FLUSHES_TO_JOIN = 256;

    private final Http2Pool pool;
    private final Channel channel;
    private final TunnelHttp2 http2;
    private final List<Http2OriginCall> toFlush = new ArrayList<>();
    private @Nullable ScheduledFuture<?> timer;
    private boolean mute;
    private boolean used;
    private boolean idle;
    private long idleSince;

    Http2OriginConnection(Http2Pool pool, Channel channel) {
        this.pool = pool;
        this.channel = channel;
        http2 = TunnelHttp2.origin(this, pool.proxy().budget());
    }

    /** Puts HTTP/2 on the channel, and gives the origin as long to greet as it had to accept the connection. */
    void install() {
        long limit = pool.proxy().options().connectTimeout().toNanos();
        timer = pool.loop().schedule(this::greetingOverdue, limit, TimeUnit.NANOSECONDS);
        channel.pipeline().addLast(new FlushConsolidationHandler(FLUSHES_TO_JOIN, true), http2);
    }

    private void greetingOverdue() {
        timer = null;
        mute = true;
        channel.close();
    }

    @Override
    public void onReady() {
        stopTimer();
        pool.ready(this);
    }

    boolean hasRoom() {
        return http2.hasRoom();
    }

    /** Whether no call has begun here. */
    boolean isUnused() {
        return !used;
    }

    /** Opens a call's stream; null if that is not possible any more. */
    @Nullable
    TunnelStream open(Http2Headers headers, boolean endStream, StreamReceiver receiver) {
        @Nullable TunnelStream stream = http2.open(headers, endStream, receiver);
        if (stream != null) {
            used = true;
            leaveIdle();
        }
        return stream;
    }

    /** Flushes the call's sink when the present batch of reading is over. */
    void flushAfterBatch(Http2OriginCall call) {
        toFlush.add(call);
    }

    @Override
    public void onReadComplete() {
        for (int i = 0; i < toFlush.size(); i++) {
            toFlush.get(i).flushSink();
        }
        toFlush.clear();
    }

    @Override
    public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
        throw new IllegalStateException("An origin opens no streams; the HTTP/2 layer refuses them.");
    }

    @Override
    public void onGoAway(int lastStreamId, long errorCode) {
        if (http2.activeStreams() == 0) {
            close();
        }
    }

    @Override
    public void onStreamClosed() {
        if (http2.activeStreams() == 0) {
            becomeIdle();
        }
        pool.roomMade();
    }

    /** The last stream is over, or none was needed: waits for another, if it may. */
    void becomeIdle() {
        if (!channel.isActive() || idle) {
            return;
        }
        if (!http2.opensStreams() || !pool.proxy().mayKeepIdle()) {
            close();
            return;
        }
        idle = true;
        idleSince = System.nanoTime();
        if (timer == null) {
            closeIn(keepAlive());
        }
    }

    private void leaveIdle() {
        if (idle) {
            idle = false;
            pool.proxy().noLongerIdle();
        }
    }

    private long keepAlive() {
        return pool.proxy().options().keepAliveTimeout().toNanos();
    }

    private void closeIn(long nanos) {
        timer = pool.loop().schedule(this::closeIfIdleTooLong, nanos, TimeUnit.NANOSECONDS);
    }

    private void closeIfIdleTooLong() {
        timer = null;
        if (!idle) {
            return; // the next idle time sets a timer of its own
        }
        long left = keepAlive() - (System.nanoTime() - idleSince);
        if (left > 0) {
            closeIn(left);
        } else {
            close();
        }
    }

    void closeIfIdle() {
        if (idle) {
            close();
        }
    }

    /** Closes after what is happening on the connection at this moment, which may be the end of its last stream. */
    private void close() {
        pool.loop().execute(() -> {
            if (http2.activeStreams() == 0) {
                channel.close();
            }
        });
    }

    @Override
    public void onClosed(@Nullable Throwable cause) {
        stopTimer();
        leaveIdle();
        pool.gone(this, unusable(cause));
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private OriginException unusable(@Nullable Throwable cause) {
        OriginAddress address = pool.proxy().dialer().address();
        if (mute) {
            Duration limit = pool.proxy().options().connectTimeout();
            return new OriginException(
                    OriginFailure.CONNECT_TIMED_OUT,
                    "Origin " + address + " accepted the connection but did not begin HTTP/2 within " + limit.toMillis()
                            + " ms. Check that it speaks HTTP/2 on this port.",
                    null);
        }
        // What the origin sent instead may stand in the cause's message, so that is left out.
        return new OriginException(
                OriginFailure.RESPONSE_INVALID,
                "Origin " + address + " does not speak HTTP/2 on this port"
                        + (address.tls()
                                ? ", although it chose it in TLS. Look at the service's log, or turn http2Origin off."
                                : " by prior knowledge. Use Origin.http for HTTP/1.1, or turn h2c on in the service."),
                cause);
    }
}
