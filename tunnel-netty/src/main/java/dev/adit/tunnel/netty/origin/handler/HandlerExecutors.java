package dev.adit.tunnel.netty.origin.handler;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where handlers run: threads of our own, or an executor that the application lends. Safe for use by several threads.
 *
 * <p>Threads of our own are virtual threads where the JVM has them (from version 21), else a pool of at most
 * {@value #MAX_THREADS} daemon threads, named {@code adit-handler-1} and so on, that end when they were idle for
 * {@value #IDLE_SECONDS} s. The pool has no queue: a request never waits behind handlers that are stuck. When every thread is
 * taken a task is refused, and the visitor gets a 503.
 */
public final class HandlerExecutors implements Executor, AutoCloseable {

    static final int MAX_THREADS = 2_048;
    static final int IDLE_SECONDS = 20;
    private static final int PATIENCE_MILLIS = 1_000;

    private final Executor executor;
    private final @Nullable ExecutorService own;

    private HandlerExecutors(Executor executor, @Nullable ExecutorService own) {
        this.executor = executor;
        this.own = own;
    }

    /**
     * Makes threads of our own.
     *
     * @return to be closed
     */
    public static HandlerExecutors ownThreads() {
        ExecutorService virtual = virtualThreads();
        ExecutorService threads = virtual == null ? boundedPool(MAX_THREADS) : virtual;
        return new HandlerExecutors(threads, threads);
    }

    /**
     * Wraps an executor of the application.
     *
     * @param executor runs tasks on threads other than the caller's; closing the result leaves it alone
     * @return closing it does nothing
     */
    public static HandlerExecutors borrowed(Executor executor) {
        return new HandlerExecutors(executor, null);
    }

    /** Whether the threads are ours, so that interrupting one can surprise nobody else. */
    boolean ownsThreads() {
        return own != null;
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    /**
     * Takes no more tasks and ends threads of our own: waits up to a second for what still runs, then interrupts it.
     * Leaves a borrowed executor alone. Not to be called on an event loop.
     */
    @Override
    public void close() {
        if (own == null) {
            return;
        }
        own.shutdown();
        try {
            if (!own.awaitTermination(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                own.shutdownNow();
            }
        } catch (InterruptedException e) {
            own.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** The only look-up by name in Adit; its name and type are constants, so that native images resolve it when built. */
    static @Nullable ExecutorService virtualThreads() {
        try {
            MethodHandle factory = MethodHandles.publicLookup()
                    .findStatic(
                            Executors.class,
                            "newVirtualThreadPerTaskExecutor",
                            MethodType.methodType(ExecutorService.class));
            return (ExecutorService) factory.invokeExact();
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return null; // JDK 17 to 20
        } catch (Throwable e) {
            throw new IllegalStateException("The JVM has virtual threads but does not give any.", e);
        }
    }

    static ExecutorService boundedPool(int maxThreads) {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(0, maxThreads, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "adit-handler-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }
}
