package dev.adit.tunnel.netty.origin;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a response to begin. Starts anew with every piece of the request that moves, so that long uploads are not
 * cut. Used on its event loop only.
 */
public final class ResponseClock {

    private final long limit;
    private final EventLoop loop;
    private final Runnable expired;
    private long lastProgress;
    private @Nullable ScheduledFuture<?> timer;

    /**
     * Makes a clock that stands still.
     *
     * @param limit zero for none
     * @param loop where it runs
     * @param expired called once if the time is over
     */
    public ResponseClock(Duration limit, EventLoop loop, Runnable expired) {
        this.limit = limit.toNanos();
        this.loop = loop;
        this.expired = expired;
    }

    /** Starts it. */
    public void start() {
        progress();
        if (limit > 0) {
            timer = loop.schedule(this::check, limit, TimeUnit.NANOSECONDS);
        }
    }

    /** Something moved: the time begins anew. */
    public void progress() {
        lastProgress = System.nanoTime();
    }

    /** Stops it; it does not expire any more. */
    public void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void check() {
        long left = lastProgress + limit - System.nanoTime();
        if (left > 0) {
            timer = loop.schedule(this::check, left, TimeUnit.NANOSECONDS);
        } else {
            expired.run();
        }
    }
}
