package dev.adit.tunnel.netty.connector.golang;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Go's {@code time.ParseDuration}: {@code 30s}, {@code 1m30s}, {@code 1500ms}, {@code -1.5h}. */
public final class GoDuration {

    private static final Pattern PART = Pattern.compile("([0-9]*)(?:(\\.)([0-9]*))?([^0-9.]*)");
    private static final Map<String, Long> UNITS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "\u00b5s",
            1_000L,
            "\u03bcs",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "m",
            60_000_000_000L,
            "h",
            3_600_000_000_000L);
    private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private GoDuration() {}

    /**
     * Reads a duration.
     *
     * @param text a sign or none, then numbers with units
     * @return the duration, to the nanosecond
     * @throws IllegalArgumentException if it is none, with Go's text
     */
    public static Duration parse(String text) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String rest = signed ? text.substring(1) : text;
        if (rest.equals("0")) {
            return Duration.ZERO;
        }
        if (rest.isEmpty()) {
            throw invalid(text);
        }
        BigInteger nanos = BigInteger.ZERO;
        Matcher part = PART.matcher(rest);
        int at = 0;
        while (at < rest.length()) {
            part.region(at, rest.length());
            if (!part.lookingAt()) {
                throw invalid(text);
            }
            nanos = nanos.add(nanos(text, part));
            at = part.end();
        }
        boolean negative = text.startsWith("-");
        if (nanos.compareTo(negative ? MAX.add(BigInteger.ONE) : MAX) > 0) {
            throw invalid(text);
        }
        Duration value = Duration.ofNanos(nanos.min(MAX).longValue());
        return negative ? value.negated() : value;
    }

    private static BigInteger nanos(String text, Matcher part) {
        String whole = part.group(1);
        String fraction = part.group(3) == null ? "" : part.group(3);
        if (whole.isEmpty() && fraction.isEmpty()) {
            throw invalid(text);
        }
        String name = part.group(4);
        if (name.isEmpty()) {
            throw new IllegalArgumentException("time: missing unit in duration " + GoQuote.quote(text));
        }
        Long unit = UNITS.get(name);
        if (unit == null) {
            throw new IllegalArgumentException(
                    "time: unknown unit " + GoQuote.quote(name) + " in duration " + GoQuote.quote(text));
        }
        return new BigDecimal((whole.isEmpty() ? "0" : whole) + "." + (fraction.isEmpty() ? "0" : fraction))
                .multiply(BigDecimal.valueOf(unit))
                .toBigInteger();
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("time: invalid duration " + GoQuote.quote(text));
    }
}
