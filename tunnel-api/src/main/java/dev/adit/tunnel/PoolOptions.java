package dev.adit.tunnel;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When a member of an {@link Origin.Pool} is out and when it is back. Immutable.
 *
 * <p>Requests themselves tell (passive checks): a member that cannot be connected to, or answers with one of
 * {@code failureStatuses}, rests. A rest is {@code firstRest} long, each further one without a success in between twice
 * as long, up to {@code longestRest}; after it one request at a time tries the member until one succeeds.
 *
 * <p>With a {@code healthPath} the connector also asks by itself (active checks), from the first request of the pool on:
 * {@code GET healthPath} to every member each {@code interval}. An answer of 200 to 399 within {@code timeout} is good.
 *
 * @param failureStatuses statuses that count as a failure of the member, besides failing to connect; each 400 to 599.
 *     Default none. The visitor gets such an answer all the same
 * @param firstRest how long a member rests at first. Default 1 s; more than zero
 * @param longestRest how long at most. Default 60 s; not less than {@code firstRest}
 * @param healthPath what to ask for, beginning with {@code /}. Null, the default, switches active checks off
 * @param interval how often to ask. Default 10 s; more than zero
 * @param timeout how long an answer may take. Default 5 s; more than zero
 * @param unhealthyAfter how many bad answers in a row take a member out. Default 3; at least 1
 * @param healthyAfter how many good answers in a row bring it back. Default 2; at least 1
 */
public record PoolOptions(
        Set<Integer> failureStatuses,
        Duration firstRest,
        Duration longestRest,
        @Nullable String healthPath,
        Duration interval,
        Duration timeout,
        int unhealthyAfter,
        int healthyAfter) {

    private static final PoolOptions DEFAULTS = new PoolOptions(
            Set.of(),
            Duration.ofSeconds(1),
            Duration.ofSeconds(60),
            null,
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            3,
            2);

    /** Checks the limits and copies the statuses. */
    public PoolOptions {
        failureStatuses = Set.copyOf(failureStatuses);
        for (int status : failureStatuses) {
            if (status < 400 || status > 599) {
                throw new IllegalArgumentException("failureStatuses: " + status + " (expected: 400 to 599)");
            }
        }
        positive("firstRest", firstRest);
        positive("interval", interval);
        positive("timeout", timeout);
        if (longestRest.compareTo(firstRest) < 0) {
            throw new IllegalArgumentException(
                    "longestRest: " + longestRest + " (expected: not less than firstRest, " + firstRest + ")");
        }
        if (healthPath != null
                && (!healthPath.startsWith("/") || healthPath.chars().anyMatch(c -> c <= ' ' || c >= 0x7F))) {
            throw new IllegalArgumentException(
                    "healthPath: '" + healthPath + "' (expected: a path such as /health, percent-encoded)");
        }
        if (unhealthyAfter < 1 || healthyAfter < 1) {
            throw new IllegalArgumentException("unhealthyAfter: " + unhealthyAfter + ", healthyAfter: " + healthyAfter
                    + " (expected: at least 1 each)");
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    /**
     * Returns the options that hold where none are given: passive checks of connecting alone.
     *
     * @return every default as stated above
     */
    public static PoolOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Changes options one by one. Not for use by several threads. */
    public static final class Builder {

        private Set<Integer> failureStatuses = DEFAULTS.failureStatuses;
        private Duration firstRest = DEFAULTS.firstRest;
        private Duration longestRest = DEFAULTS.longestRest;
        private @Nullable String healthPath = DEFAULTS.healthPath;
        private Duration interval = DEFAULTS.interval;
        private Duration timeout = DEFAULTS.timeout;
        private int unhealthyAfter = DEFAULTS.unhealthyAfter;
        private int healthyAfter = DEFAULTS.healthyAfter;

        private Builder() {}

        /**
         * Sets {@link PoolOptions#failureStatuses()}.
         *
         * @param statuses each 400 to 599
         * @return this
         */
        public Builder failureStatuses(Integer... statuses) {
            failureStatuses = Set.of(statuses);
            return this;
        }

        /**
         * Sets {@link PoolOptions#firstRest()} and {@link PoolOptions#longestRest()}.
         *
         * @param first more than zero
         * @param longest not less
         * @return this
         */
        public Builder rest(Duration first, Duration longest) {
            firstRest = first;
            longestRest = longest;
            return this;
        }

        /**
         * Sets {@link PoolOptions#healthPath()}.
         *
         * @param path beginning with {@code /}, null for no active checks
         * @return this
         */
        public Builder healthPath(@Nullable String path) {
            healthPath = path;
            return this;
        }

        /**
         * Sets {@link PoolOptions#interval()}.
         *
         * @param value more than zero
         * @return this
         */
        public Builder interval(Duration value) {
            interval = value;
            return this;
        }

        /**
         * Sets {@link PoolOptions#timeout()}.
         *
         * @param value more than zero
         * @return this
         */
        public Builder timeout(Duration value) {
            timeout = value;
            return this;
        }

        /**
         * Sets {@link PoolOptions#unhealthyAfter()}.
         *
         * @param value at least 1
         * @return this
         */
        public Builder unhealthyAfter(int value) {
            unhealthyAfter = value;
            return this;
        }

        /**
         * Sets {@link PoolOptions#healthyAfter()}.
         *
         * @param value at least 1
         * @return this
         */
        public Builder healthyAfter(int value) {
            healthyAfter = value;
            return this;
        }

        /**
         * Checks and completes the options.
         *
         * @return the options
         * @throws IllegalArgumentException if a value is out of its range
         */
        public PoolOptions build() {
            return new PoolOptions(
                    failureStatuses,
                    firstRest,
                    longestRest,
                    healthPath,
                    interval,
                    timeout,
                    unhealthyAfter,
                    healthyAfter);
        }
    }
}
