package dev.adit.tunnel.netty.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The cache, by a clock and an executor in the test's hands. */
class NameResolverTest {

    private static final List<InetAddress> FOUND = List.of(NetUtil.LOCALHOST4);

    private final AtomicLong clock = new AtomicLong();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean known = true;
    private int lookups;

    private final NameResolver resolver = new NameResolver(
            host -> {
                lookups++;
                if (!known) {
                    throw new UnknownHostException(host);
                }
                return FOUND;
            },
            clock::get,
            tasks::add);

    private Future<List<InetAddress>> resolve(String host) {
        return resolver.resolve(host, ImmediateEventExecutor.INSTANCE);
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void looksUpElsewhereAndOnceForMany() {
        Future<List<InetAddress>> first = resolve("a.test");
        Future<List<InetAddress>> second = resolve("a.test");
        assertThat(first.isDone()).isFalse();
        runTasks();
        assertThat(first.getNow()).isEqualTo(FOUND);
        assertThat(second.getNow()).isEqualTo(FOUND);
        assertThat(lookups).isEqualTo(1);
    }

    @Test
    void keepsAddressesForTheirTime() {
        resolve("a.test");
        runTasks();
        clock.addAndGet(NameResolver.KEEP.toNanos() - 1);
        assertThat(resolve("a.test").isDone()).isTrue();
        clock.addAndGet(1);
        assertThat(resolve("a.test").isDone()).isFalse();
    }

    @Test
    void keepsFailuresBriefly() {
        known = false;
        resolve("a.test");
        runTasks();
        assertThat(resolve("a.test").cause()).isInstanceOf(UnknownHostException.class);
        clock.addAndGet(NameResolver.KEEP_FAILURE.toNanos());
        known = true;
        Future<List<InetAddress>> again = resolve("a.test");
        runTasks();
        assertThat(again.getNow()).isEqualTo(FOUND);
    }

    @Test
    void lastGoodAddressesSurviveAFailure() {
        resolve("a.test");
        runTasks();
        clock.addAndGet(NameResolver.KEEP.toNanos());
        known = false;
        Future<List<InetAddress>> again = resolve("a.test");
        runTasks();
        assertThat(again.getNow()).isEqualTo(FOUND);
    }

    @Test
    void literalsAndLocalhostNeedNoLookup() throws Exception {
        assertThat(resolve("127.0.0.1").getNow()).isEqualTo(FOUND);
        assertThat(resolve("::1").getNow()).containsExactly(InetAddress.getByName("::1"));
        assertThat(resolve("LocalHost").getNow()).containsExactly(NetUtil.LOCALHOST6, NetUtil.LOCALHOST4);
        assertThat(resolve("app.localhost").getNow()).hasSize(2);
        assertThat(tasks).isEmpty();
    }

    @Test
    void closeFailsWhatWaits() {
        Future<List<InetAddress>> waiting = resolve("a.test");
        resolver.close();
        assertThat(waiting.cause()).isInstanceOf(UnknownHostException.class);
    }
}
