package dev.adit.tunnel.netty.origin.handler;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in the order given, on threads of another executor. A task that throws is logged and
 * does not keep the next from running. Never throws itself: when the other executor refuses, tasks are dropped and the
 * owner is told.
 */
final class SerialExecutor implements Executor {

    private static final Logger LOG = LoggerFactory.getLogger(SerialExecutor.class);

    private final Executor executor;
    private final Runnable refused;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    /**
     * Makes one.
     *
     * @param executor gives the threads
     * @param refused told when tasks were dropped, on the thread that gave one
     */
    SerialExecutor(Executor executor, Runnable refused) {
        this.executor = executor;
        this.refused = refused;
    }

    @Override
    public void execute(Runnable task) {
        lock.lock();
        try {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        } finally {
            lock.unlock();
        }
        try {
            executor.execute(this::run);
        } catch (RuntimeException e) {
            drop();
            LOG.debug("The handler executor refused a task; the exchange it belongs to ends.", e);
            refused.run();
        }
    }

    private void run() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (Throwable e) { // an error, too, must not keep the next task from running
                LOG.warn("A task of an in-process handler threw.", e);
            }
        }
    }

    private @Nullable Runnable next() {
        lock.lock();
        try {
            Runnable task = tasks.poll();
            running = task != null;
            return task;
        } finally {
            lock.unlock();
        }
    }

    private void drop() {
        lock.lock();
        try {
            tasks.clear();
            running = false;
        } finally {
            lock.unlock();
        }
    }
}
