package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.OriginHandler;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The task that calls a blocking handler once. Runs on the executor; is interrupted, if at all, by the event loop. */
final class BlockingRun implements Runnable, HandlerCall.Watcher {

    private final HandlerCall call;
    private final BlockingExchange exchange;
    private final OriginHandler handler;
    private final boolean interrupts;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread runner;

    /**
     * Makes the task.
     *
     * @param interrupts whether the executor's threads are ours, to be interrupted at the deadline
     */
    BlockingRun(HandlerCall call, BlockingExchange exchange, OriginHandler handler, boolean interrupts) {
        this.call = call;
        this.exchange = exchange;
        this.handler = handler;
        this.interrupts = interrupts;
        if (interrupts) {
            call.watcher(this);
        }
    }

    @Override
    @SuppressWarnings("InterruptedExceptionSwallowed") // the thread is done with the handler; nothing after it waits
    public void run() {
        if (call.cancellation().isCancelled()) {
            exchange.over();
            return;
        }
        runner(Thread.currentThread());
        try {
            handler.handle(exchange);
            exchange.returned();
        } catch (Throwable e) { // whatever it was, it is this request's alone
            exchange.failed(e);
        } finally {
            runner(null);
            exchange.over();
        }
    }

    @Override
    public void timedOut() {
        lock.lock();
        try {
            if (runner != null) {
                runner.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets who is to be interrupted; afterwards nobody is, and the thread goes back without a trace of it. */
    private void runner(@Nullable Thread value) {
        if (!interrupts) {
            return;
        }
        lock.lock();
        try {
            runner = value;
            if (value == null) {
                Thread.interrupted();
            }
        } finally {
            lock.unlock();
        }
    }
}
