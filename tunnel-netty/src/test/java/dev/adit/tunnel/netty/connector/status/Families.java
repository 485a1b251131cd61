package dev.adit.tunnel.netty.connector.status;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads Prometheus' text format, strictly: a line that is neither help, type nor a sample of the family before it is an
 * error.
 *
 * @param heads HELP and TYPE lines by family
 * @param samples values by series
 */
public record Families(Map<String, String> heads, Map<String, Double> samples) {

    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
    private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\n\"])*\"";
    private static final Pattern SAMPLE = Pattern.compile(
            "(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(?:" + LABEL + ")(?:," + LABEL + ")*})?) ([-+0-9.eE]+|NaN|[+-]Inf)");

    public static Families read(String text) {
        Map<String, String> heads = new LinkedHashMap<>();
        Map<String, Double> samples = new TreeMap<>();
        String family = "";
        for (String line : text.lines().toList()) {
            Matcher comment = COMMENT.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (comment.matches()) {
                family = comment.group(2);
                heads.merge(family, comment.group(1) + " " + comment.group(3), (a, b) -> a + "\n" + b);
            } else if (sample.matches() && sample.group(2).startsWith(family)) {
                if (samples.put(sample.group(1), Double.valueOf(sample.group(3))) != null) {
                    throw new AssertionError("Twice: " + line);
                }
            } else {
                throw new AssertionError("Not a line of family '" + family + "': " + line);
            }
        }
        return new Families(heads, samples);
    }
}
