package dev.adit.tunnel.examples;

import java.util.concurrent.CountDownLatch;

/** Lets a program end in its own order when it is asked to: by Ctrl-C, or by SIGTERM. */
public final class CtrlC {

    private CtrlC() {}

    /**
     * Waits until the JVM is asked to end. It then stays until the calling thread has ended too.
     *
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static void await() throws InterruptedException {
        Thread program = Thread.currentThread();
        CountDownLatch asked = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            asked.countDown();
                            try {
                                program.join();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "ctrl-c"));
        asked.await();
    }
}
