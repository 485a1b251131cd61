package dev.adit.tunnel.netty.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.TunnelException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventLoopsTest {

    @Test
    void ownedThreadsAreDaemonsAndEndWithClose() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        try (EventLoops loops = EventLoops.owned("adit-test", 2)) {
            loops.group().submit(() -> thread.set(Thread.currentThread())).get();
            assertThat(thread.get().isDaemon()).isTrue();
            assertThat(thread.get().getName()).startsWith("adit-test-");
        }
        assertThat(thread.get().isAlive()).isFalse();
    }

    @Test
    void aBorrowedGroupIsLeftAlone() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            try (EventLoops loops = EventLoops.borrowed(group)) {
                assertThat(loops.group()).isSameAs(group);
                assertThat(loops.channel()).isEqualTo(NioSocketChannel.class);
            }
            assertThat(group.isShuttingDown()).isFalse();
        } finally {
            group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS)
                    .sync();
        }
    }

    @Test
    void somethingElseIsRefusedByName() {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        try {
            assertThatThrownBy(() -> EventLoops.borrowed(executor))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining(executor.getClass().getName());
        } finally {
            executor.shutdownNow();
        }
    }
}
