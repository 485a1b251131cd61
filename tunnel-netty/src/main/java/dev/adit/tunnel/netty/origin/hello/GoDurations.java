package dev.adit.tunnel.netty.origin.hello;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes and reads them, such as {@code 1m30.5s}. Source: Go's package {@code time}. */
final class GoDurations {

    private static final Pattern PART =
            Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{0,18})?|\\.[0-9]{1,18})(ns|us|µs|ms|s|m|h)");
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

    private GoDurations() {}

    /** Writes a duration that is not negative; below a second in milliseconds. */
    static String text(Duration duration) {
        BigDecimal nanos = BigDecimal.valueOf(duration.getNano());
        if (duration.getSeconds() == 0) {
            return plain(nanos.movePointLeft(6)) + "ms";
        }
        String seconds = plain(BigDecimal.valueOf(duration.toSecondsPart()).add(nanos.movePointLeft(9))) + "s";
        String minutes = duration.toMinutes() == 0 ? "" : duration.toMinutesPart() + "m";
        String hours = duration.toHours() == 0 ? "" : duration.toHours() + "h";
        return hours + minutes + seconds;
    }

    private static String plain(BigDecimal number) {
        return number.stripTrailingZeros().toPlainString();
    }

    /** Reads a duration that is not negative; empty if it is none. */
    static Optional<Duration> parse(String text) {
        Matcher part = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(nanos(part.group(2)))));
            end = part.end();
        }
        if (end == 0 || end < text.length() || nanos.compareTo(MAX) > 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(nanos.longValue()));
    }

    private static long nanos(String unit) {
        return switch (unit) {
            case "h" -> 3_600_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            case "ns" -> 1L;
            default -> 1_000L;
        };
    }
}
