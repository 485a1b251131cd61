package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HandlerExecutorsTest {

    @Test
    void virtualThreadsAreUsedWhereTheJvmHasThem() {
        boolean expected = Runtime.version().feature() >= 21;
        ExecutorService found = HandlerExecutors.virtualThreads();
        assertThat(found != null).isEqualTo(expected);
        if (found != null) {
            found.shutdown();
        }
        try (var executor = HandlerExecutors.ownThreads()) {
            var thread = new CompletableFuture<Thread>();
            executor.execute(() -> thread.complete(Thread.currentThread()));
            Thread runner = FakeVisitor.get(thread);
            assertThat(runner.isDaemon()).isTrue();
            assertThat(runner.getClass().getSimpleName().contains("Virtual")).isEqualTo(expected);
        }
    }

    @Test
    void poolIsBoundedAndRefusesWhenFull() throws Exception {
        ExecutorService pool = HandlerExecutors.boundedPool(2);
        var stuck = new CountDownLatch(1);
        var threads = new ArrayList<CompletableFuture<Thread>>();
        for (int i = 0; i < 2; i++) {
            var thread = new CompletableFuture<Thread>();
            threads.add(thread);
            pool.execute(() -> {
                thread.complete(Thread.currentThread());
                await(stuck);
            });
        }
        assertThat(FakeVisitor.get(threads.get(0)).getName()).isEqualTo("adit-handler-1");
        assertThat(FakeVisitor.get(threads.get(1)).isDaemon()).isTrue();
        assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        stuck.countDown();
        pool.shutdown();
        assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closeEndsTheThreads() throws Exception {
        List<Thread> threads = new ArrayList<>();
        try (var executor = HandlerExecutors.ownThreads()) {
            for (int i = 0; i < 10; i++) {
                var thread = new CompletableFuture<Thread>();
                executor.execute(() -> {
                    thread.complete(Thread.currentThread());
                    await(new CountDownLatch(1)); // for ever: close interrupts it
                });
                threads.add(FakeVisitor.get(thread));
            }
        }
        for (Thread thread : threads) {
            thread.join(30_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void closedOnesRefuse() {
        var executor = HandlerExecutors.ownThreads();
        executor.close();
        assertThatThrownBy(() -> executor.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void borrowedExecutorIsLeftAlone() {
        ExecutorService lent = Executors.newSingleThreadExecutor();
        try {
            HandlerExecutors.borrowed(lent).close();
            var done = new CompletableFuture<Boolean>();
            lent.execute(() -> done.complete(true));
            assertThat(FakeVisitor.get(done)).isTrue();
        } finally {
            lent.shutdownNow();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
