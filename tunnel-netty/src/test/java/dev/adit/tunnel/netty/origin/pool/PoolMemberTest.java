package dev.adit.tunnel.netty.origin.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.PoolOptions;
import dev.adit.tunnel.netty.origin.OriginProxies;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a member is out and when it is back, on a clock of the test's. */
class PoolMemberTest {

    private static final PoolOptions OPTIONS = PoolOptions.builder()
            .rest(Duration.ofSeconds(1), Duration.ofSeconds(5))
            .unhealthyAfter(3)
            .healthyAfter(2)
            .build();

    private final NameResolver resolver = new NameResolver();
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // the clock may run over at any time
    private final PoolMember member = member();

    private PoolMember member() {
        Origin origin = Origin.status(204);
        OriginProxy proxy = OriginProxies.of(
                origin, OriginOptions.defaults(), new OriginResources(NioSocketChannel.class, resolver, Runnable::run));
        return new PoolMember(origin, proxy, OPTIONS, now::get);
    }

    @AfterEach
    void close() {
        resolver.close();
    }

    private void pass(long millis) {
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    @Test
    void eachRestIsTwiceAsLongUpToTheLongest() {
        for (long rest : new long[] {1000, 2000, 4000, 5000, 5000}) {
            assertThat(member.isAvailable()).isTrue();
            member.failed("no reason");
            pass(rest - 1);
            assertThat(member.isAvailable()).as("just before %s ms", rest).isFalse();
            assertThat(member.badness()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(1));
            pass(1);
        }
    }

    @Test
    void requestsThatFailTogetherCountOnce() {
        member.failed("first");
        member.failed("second");
        pass(1000);
        assertThat(member.isAvailable()).isTrue();
    }

    @Test
    void afterItsRestOneRequestAtATimeTriesIt() {
        member.failed("no reason");
        pass(1000);
        member.begin();
        assertThat(member.isAvailable()).isFalse();
        member.end();
        assertThat(member.isAvailable()).isTrue();
        member.begin();
        member.succeeded();
        assertThat(member.isAvailable()).isTrue();
        member.failed("anew");
        pass(1000);
        member.end();
        assertThat(member.isAvailable())
                .as("the rest begins with the first again")
                .isTrue();
    }

    @Test
    void checksTakeItOutAndBringItBackByTheirThresholds() {
        member.checked(false, "1");
        member.checked(false, "2");
        member.checked(true, "");
        member.checked(false, "1");
        member.checked(false, "2");
        assertThat(member.isAvailable()).isTrue();
        member.checked(false, "3");
        assertThat(member.isAvailable()).isFalse();
        member.succeeded();
        assertThat(member.isAvailable())
                .as("an answer to a visitor is no check")
                .isFalse();
        member.checked(true, "");
        member.checked(false, "1");
        member.checked(true, "");
        assertThat(member.isAvailable()).isFalse();
        member.checked(true, "");
        assertThat(member.isAvailable()).isTrue();
    }

    @Test
    void goodChecksDoNotEndARestOfAMemberThatIsIn() {
        member.failed("no reason");
        member.checked(true, "");
        member.checked(true, "");
        assertThat(member.isAvailable()).isFalse();
    }

    @Test
    void whatFailedItsChecksIsWorseThanWhatRests() {
        PoolMember resting = member();
        resting.failed("no reason");
        for (int i = 0; i < 3; i++) {
            member.checked(false, "bad");
        }
        assertThat(member.badness()).isGreaterThan(resting.badness());
    }
}
