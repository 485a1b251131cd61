package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.AsyncOriginHandler;
import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginHandler;
import dev.adit.tunnel.OriginOptions;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A handler that throws, blocks or never reads hurts its own request only. */
class HandlerIsolationTest {
    private static final int MISBEHAVING = 1_000;
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final HandlerExecutors EXECUTOR = HandlerExecutors.ownThreads();

    @AfterAll
    static void stop() {
        EXECUTOR.close();
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void thousandMisbehavingHandlersLeaveTheOthersAlone() {
        var release = new CountDownLatch(1);
        var number = new AtomicInteger();
        OriginHandler bad = exchange -> misbehave(exchange, number.getAndIncrement() % 4, release);
        AsyncOriginHandler silent = exchange -> {};
        var badProxy = new HandlerOriginProxy(bad, OriginOptions.defaults(), EXECUTOR);
        var silentProxy = new HandlerOriginProxy(silent, OriginOptions.defaults(), EXECUTOR);
        List<FakeVisitor> victims = new ArrayList<>();
        for (int i = 0; i < MISBEHAVING; i++) {
            var visitor = new FakeVisitor(LOOP)
                    .asks("POST", "/bad")
                    .takes(0)
                    .begins(i % 5 == 0 ? silentProxy : badProxy, false);
            victims.add(visitor.sends(new byte[1000], false));
        }

        OriginHandler good = exchange -> {
            byte[] body = exchange.body().readAllBytes();
            exchange.respond(200, HeaderFields.empty(), body);
        };
        var goodProxy = new HandlerOriginProxy(good, OriginOptions.defaults(), EXECUTOR);
        for (int i = 0; i < 100; i++) {
            var visitor = new FakeVisitor(LOOP).asks("POST", "/good").begins(goodProxy, false);
            visitor.sends(new byte[50_000], false).sends(new byte[50_000], true);
            assertThat(visitor.completes().taken()).isEqualTo(100_000);
            assertThat(visitor.credit()).isEqualTo(100_000);
        }

        victims.stream().filter(visitor -> !visitor.isOver()).forEach(FakeVisitor::leaves);
        release.countDown();
    }

    private static void misbehave(OriginExchange exchange, int how, CountDownLatch release)
            throws IOException, InterruptedException {
        switch (how) {
            case 0 -> throw new IllegalArgumentException();
            case 1 -> release.await();
            case 2 -> {
                try (OutputStream out = exchange.respond(200, HeaderFields.empty())) {
                    while (true) {
                        out.write(new byte[8192]); // nobody takes it
                    }
                }
            }
            default -> exchange.body().readAllBytes(); // never ends
        }
    }

    @Test
    void handlerThatNeverReadsLeavesCreditWithheld() {
        var release = new CountDownLatch(1);
        OriginHandler handler = exchange -> {
            release.await();
            exchange.respond(200);
        };
        var visitor = new FakeVisitor(LOOP)
                .asks("POST", "/")
                .begins(new HandlerOriginProxy(handler, OriginOptions.defaults(), EXECUTOR), false);
        visitor.sends(new byte[10_000], false).sends(new byte[10_000], false);
        assertThat(visitor.credit()).isZero();
        release.countDown();
        visitor.completes();
        visitor.sends(new byte[10], true).waitsForCredit(10);
    }
}
