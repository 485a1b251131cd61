package dev.adit.tunnel;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go to which origin. Immutable.
 *
 * @param hostnamePattern a host name, {@code *.suffix} for every name below it (at any depth, not the bare suffix);
 *     null or {@code *} for every host
 * @param pathPattern an RE2 expression searched, unanchored, in the percent-decoded path without query; null for every
 *     path
 * @param origin where matching requests go
 * @param options how to talk to the origin
 */
public record IngressRule(
        @Nullable String hostnamePattern, @Nullable String pathPattern, Origin origin, OriginOptions options) {

    /**
     * Begins a rule for a host name, compared without regard to case and by its A-labels: {@code bücher.example} and
     * {@code xn--bcher-kva.example} are one.
     *
     * @param pattern a host name or {@code *.suffix}; {@code *} matches every host
     * @return the rest of the rule
     */
    public static Builder host(String pattern) {
        return new Builder(pattern.equals("*") ? null : pattern, null);
    }

    /**
     * Begins a rule for paths on any host.
     *
     * @param expression an RE2 expression, such as {@code ^/api/}
     * @return the rest of the rule
     */
    public static Builder path(String expression) {
        return new Builder(null, expression);
    }

    /**
     * Makes the rule that matches every request; it must come last.
     *
     * @param origin where to send what no other rule took
     * @return the rule
     */
    public static IngressRule otherwise(Origin origin) {
        return new IngressRule(null, null, origin, OriginOptions.defaults());
    }

    /**
     * Returns the same rule with other options.
     *
     * @param options how to talk to the origin
     * @return a new rule
     */
    public IngressRule with(OriginOptions options) {
        return new IngressRule(hostnamePattern, pathPattern, origin, options);
    }

    /**
     * Tells whether the rule matches every request.
     *
     * @return whether it has neither a host name (but {@code *}) nor a path
     */
    public boolean isCatchAll() {
        return (hostnamePattern == null || hostnamePattern.equals("*")) && pathPattern == null;
    }

    @Override
    public String toString() {
        return Optional.ofNullable(hostnamePattern).orElse("*")
                + (pathPattern == null ? "" : " " + pathPattern)
                + " -> "
                + origin;
    }

    /** A rule that still lacks its origin. Immutable. */
    public static final class Builder {

        private final @Nullable String hostname;
        private final @Nullable String path;

        private Builder(@Nullable String hostname, @Nullable String path) {
            this.hostname = hostname;
            this.path = path;
        }

        /**
         * Narrows the rule to some paths.
         *
         * @param expression an RE2 expression, such as {@code ^/api/}
         * @return the rest of the rule
         */
        public Builder path(String expression) {
            return new Builder(hostname, expression);
        }

        /**
         * Completes the rule.
         *
         * @param origin where matching requests go
         * @return the rule, with default options
         */
        public IngressRule to(Origin origin) {
            return to(origin, OriginOptions.defaults());
        }

        /**
         * Completes the rule.
         *
         * @param origin where matching requests go
         * @param options how to talk to the origin
         * @return the rule
         */
        public IngressRule to(Origin origin, OriginOptions options) {
            return new IngressRule(hostname, path, origin, options);
        }
    }
}
