package dev.adit.tunnel.netty.origin.handler;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether nobody waits for a response any more, and what the handler wants done then. For any thread. */
final class Cancellation {

    private static final Logger LOG = LoggerFactory.getLogger(Cancellation.class);

    private final Executor executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Runnable> actions = new ArrayList<>();
    private volatile boolean cancelled;
    private boolean over;

    Cancellation(Executor executor) {
        this.executor = executor;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** Runs an action on the executor once this is cancelled; at once if it is; never if the exchange ended well. */
    void onCancel(Runnable action) {
        lock.lock();
        try {
            if (!cancelled) {
                if (!over) {
                    actions.add(action);
                }
                return;
            }
        } finally {
            lock.unlock();
        }
        run(action);
    }

    /** Cancels, unless the exchange is over already. */
    void cancel() {
        List<Runnable> due;
        lock.lock();
        try {
            if (over) {
                return;
            }
            over = true;
            cancelled = true;
            due = List.copyOf(actions);
            actions.clear();
        } finally {
            lock.unlock();
        }
        due.forEach(this::run);
    }

    /** The exchange is over without having been cancelled. */
    void over() {
        lock.lock();
        try {
            over = true;
            actions.clear();
        } finally {
            lock.unlock();
        }
    }

    private void run(Runnable action) {
        try {
            executor.execute(() -> guarded(action));
        } catch (RuntimeException e) {
            LOG.warn("An action for a cancelled request was not run: the handler executor refused it.", e);
        }
    }

    private static void guarded(Runnable action) {
        try {
            action.run();
        } catch (Throwable e) { // the application's, whatever it is
            LOG.warn("An action for a cancelled request threw.", e);
        }
    }
}
