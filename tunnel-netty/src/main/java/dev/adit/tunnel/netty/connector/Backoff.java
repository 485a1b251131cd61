package dev.adit.tunnel.netty.connector;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before dialling again. Pure: time and randomness are given. A connection that was registered comes
 * back after at most 250 ms, spread evenly, because most losses are restarts; after that the wait is uniform between
 * zero and a bound that doubles from 0.5 s, at most 5 s during the first minute and 60 s later, so that many connectors
 * spread out (full jitter). Who was refused for good asks about once a minute.
 */
final class Backoff {

    static final Duration FIRST = Duration.ofMillis(250);
    static final Duration BASE = Duration.ofMillis(500);
    static final Duration CAP_FIRST_MINUTE = Duration.ofSeconds(5);
    static final Duration CAP = Duration.ofSeconds(60);
    static final Duration REFUSED = Duration.ofSeconds(60);

    /** Over how long those spread out who were refused at the same time. */
    static final Duration REFUSED_SPREAD = Duration.ofSeconds(10);

    /** The longest wait an edge may ask for. */
    static final Duration MAX_ASKED = Duration.ofHours(1);

    private static final Duration FIRST_MINUTE = Duration.ofMinutes(1);
    private static final int MAX_DOUBLINGS = 20;

    private final RandomGenerator random;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Decides the wait.
     *
     * @param failures attempts that have failed since the last registration, 0 right after a loss
     * @param sinceLoss how long ago the last registered connection was lost
     * @return the wait before the next attempt
     */
    Duration delay(int failures, Duration sinceLoss) {
        if (failures == 0) {
            return upTo(FIRST);
        }
        Duration cap = sinceLoss.compareTo(FIRST_MINUTE) < 0 ? CAP_FIRST_MINUTE : CAP;
        Duration bound = BASE.multipliedBy(1L << (Math.min(failures, MAX_DOUBLINGS) - 1));
        return upTo(bound.compareTo(cap) < 0 ? bound : cap);
    }

    /**
     * Decides the wait of one who was refused for good.
     *
     * @return a minute and a little more
     */
    Duration refused() {
        return REFUSED.plus(upTo(REFUSED_SPREAD));
    }

    /**
     * Adds what the edge asked for to a wait.
     *
     * @param delay the wait as it would be
     * @param asked by the edge
     * @return both together; an hour is the most an edge may ask for
     */
    static Duration andAsked(Duration delay, Duration asked) {
        return delay.plus(asked.compareTo(MAX_ASKED) < 0 ? asked : MAX_ASKED);
    }

    private Duration upTo(Duration bound) {
        return Duration.ofNanos(random.nextLong(bound.toNanos() + 1));
    }
}
