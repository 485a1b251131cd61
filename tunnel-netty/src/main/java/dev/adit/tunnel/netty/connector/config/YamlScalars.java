package dev.adit.tunnel.netty.connector.config;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an unquoted scalar is, as go-yaml v3 reads it. Source: go-yaml 3.0.1, {@code resolve.go}. */
final class YamlScalars {

    static final String STRING = "!!str";
    static final String TIMESTAMP = "!!timestamp";

    private static final String NULL = "!!null";
    private static final String BOOL = "!!bool";
    private static final String INT = "!!int";
    private static final String FLOAT = "!!float";

    private static final Map<String, Boolean> BOOLEANS =
            Map.of("true", true, "True", true, "TRUE", true, "false", false, "False", false, "FALSE", false);
    private static final Map<String, Double> DOUBLES = Map.ofEntries(
            Map.entry(".nan", Double.NaN),
            Map.entry(".NaN", Double.NaN),
            Map.entry(".NAN", Double.NaN),
            Map.entry(".inf", Double.POSITIVE_INFINITY),
            Map.entry(".Inf", Double.POSITIVE_INFINITY),
            Map.entry(".INF", Double.POSITIVE_INFINITY),
            Map.entry("+.inf", Double.POSITIVE_INFINITY),
            Map.entry("+.Inf", Double.POSITIVE_INFINITY),
            Map.entry("+.INF", Double.POSITIVE_INFINITY),
            Map.entry("-.inf", Double.NEGATIVE_INFINITY),
            Map.entry("-.Inf", Double.NEGATIVE_INFINITY),
            Map.entry("-.INF", Double.NEGATIVE_INFINITY));
    private static final Pattern NUMBER_LIKE = Pattern.compile("[-+.0-9].*", Pattern.DOTALL);
    private static final Pattern FLOATING = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern DATE = Pattern.compile(
            "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\\.[0-9]+)?(Z|[+-][0-9:]+)?)?");

    private YamlScalars() {}

    /** Resolves an unquoted scalar. */
    static Value.Scalar resolve(int line, String text) {
        if (text.isEmpty() || text.equals("~") || text.equals("null") || text.equals("Null") || text.equals("NULL")) {
            return new Value.Scalar(line, NULL, null, text);
        }
        Boolean bool = BOOLEANS.get(text);
        if (bool != null) {
            return new Value.Scalar(line, BOOL, bool, text);
        }
        if (NUMBER_LIKE.matcher(text).matches()) {
            Value.Scalar number = number(line, text);
            if (number != null) {
                return number;
            }
        }
        return new Value.Scalar(line, STRING, text, text);
    }

    private static Value.@Nullable Scalar number(int line, String text) {
        Double constant = DOUBLES.get(text);
        if (constant != null) {
            return new Value.Scalar(line, FLOAT, constant, text);
        }
        if (DATE.matcher(text).matches()) {
            return new Value.Scalar(line, TIMESTAMP, text, text);
        }
        String plain = text.replace("_", "");
        Number integer = plain.startsWith(".") ? null : integer(plain);
        if (integer != null) {
            return new Value.Scalar(line, INT, integer, text);
        }
        if (FLOATING.matcher(plain).matches()) {
            return new Value.Scalar(line, FLOAT, Double.valueOf(plain), text);
        }
        return null;
    }

    /** Reads digits with a sign or none; 0x, 0o and 0b say the base, and so does a leading 0 (8). */
    private static @Nullable Number integer(String text) {
        boolean negative = text.startsWith("-");
        String digits = (negative || text.startsWith("+") ? text.substring(1) : text).toLowerCase(Locale.ROOT);
        int base = 10;
        if (digits.startsWith("0x")) {
            base = 16;
        } else if (digits.startsWith("0o")) {
            base = 8;
        } else if (digits.startsWith("0b")) {
            base = 2;
        } else if (digits.startsWith("0") && digits.length() > 1) {
            digits = "0o" + digits.substring(1);
            base = 8;
        }
        String bare = base == 10 ? digits : digits.substring(2);
        if (bare.isEmpty() || bare.startsWith("-") || bare.startsWith("+")) {
            return null;
        }
        try {
            BigInteger value = new BigInteger(bare, base);
            BigInteger signed = negative ? value.negate() : value;
            return signed.bitLength() < Long.SIZE
                    ? (Number) signed.longValue()
                    : !negative && value.bitLength() <= Long.SIZE ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
