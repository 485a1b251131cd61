package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Starting and stopping leaves nothing behind: no thread, no descriptor, no direct memory. */
class RepeatedStartTest {

    private static final int ROUNDS = 100;

    @Test
    void aHundredRoundsLeaveNothingBehind() throws Exception {
        round();
        round();
        List<String> threads = ourThreads();
        long descriptors = descriptors();
        long direct = PlatformDependent.usedDirectMemory();

        for (int i = 0; i < ROUNDS; i++) {
            round();
        }

        assertThat(ourThreads()).isEqualTo(threads);
        assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 5);
        assertThat(PlatformDependent.usedDirectMemory()).isLessThanOrEqualTo(direct + 4 * 1024 * 1024);
    }

    private static void round() throws Exception {
        try (TunnelEdge edge = TunnelEdge.local();
                Tunnel tunnel = TunnelClient.builder()
                        .edge(edge)
                        .ingress(IngressRule.otherwise(Origin.handler(exchange -> exchange.respond(204))))
                        .build()
                        .start()) {
            String host = tunnel.url().orElseThrow().getAuthority();
            assertThat(Visitor.get(edge.publicAddress(), host, "/").status()).isEqualTo(204);
            tunnel.close(Duration.ofSeconds(10));
        }
    }

    private static List<String> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("adit"))
                .sorted()
                .toList();
    }

    private static long descriptors() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : 0;
    }
}
