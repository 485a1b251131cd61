package dev.adit.tunnel.netty.origin.handler;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;

/** Gives work to an event loop from the threads of handlers, which may outlive it. */
final class LoopTasks {

    private LoopTasks() {}

    /**
     * Runs a task on the loop later, also when called on it.
     *
     * @return whether it will be run; false once the loop is shut down, when there is no visitor left either
     */
    static boolean execute(EventLoop loop, Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }
}
