package dev.adit.tunnel.netty.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    private final Backoff backoff = new Backoff(new Random(7));

    @ParameterizedTest
    @CsvSource({
        // failures, seconds since the loss, bound in milliseconds
        "0, 0, 250",
        "0, 600, 250",
        "1, 0, 500",
        "2, 0, 1000",
        "3, 1, 2000",
        "4, 2, 4000",
        "5, 3, 5000",
        "50, 59, 5000",
        "5, 60, 8000",
        "8, 61, 60000",
        "1000, 3600, 60000"
    })
    void theWaitIsSpreadOverTheWholeBound(int failures, long sinceLoss, long boundMillis) {
        long longest = 0;
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 2_000; i++) {
            long nanos = backoff.delay(failures, Duration.ofSeconds(sinceLoss)).toNanos();
            longest = Math.max(longest, nanos);
            shortest = Math.min(shortest, nanos);
        }
        long bound = Duration.ofMillis(boundMillis).toNanos();
        assertThat(longest).isBetween(bound * 95 / 100, bound);
        assertThat(shortest).isBetween(0L, bound * 5 / 100);
    }
}
