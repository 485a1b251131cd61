package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.ConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.ScannerException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** What is wrong with a YAML file, told in go-yaml's words. For one reading; not for use by several threads. */
final class Problems {

    /** Told without its line. */
    private static final String UNKNOWN_ANCHOR = "unknown anchor ";

    /** The parser's words, and go-yaml's for the same; where it has none the parser's stand. */
    private static final Map<Pattern, String> WORDS = new LinkedHashMap<>();

    static {
        word("unexpected character found .*", "did not find expected alphabetic or numeric character");
        word("mapping values are not allowed here", "mapping values are not allowed in this context");
        word("found character '.*' that cannot start any token.*", "found character that cannot start any token");
        word("expected <block end>, but found '-'", "did not find expected '-' indicator");
        word("expected <block end>, but found .*", "did not find expected key");
        word("expected ',' or '\\]', but got .*", "did not find expected ',' or ']'");
        word("expected ',' or '}', but got .*", "did not find expected ',' or '}'");
        word("expected the node content, but found .*", "did not find expected node content");
        word("found unknown escape character .*", "found unknown escape character");
        word("found undefined alias (.*)", UNKNOWN_ANCHOR + "'$1' referenced");
        word("expected '<document start>', but found .*", "did not find expected <document start>");
    }

    private final String prefix;
    private final List<Problem> problems = new ArrayList<>();

    private record Problem(int line, String text) {

        @Override
        public String toString() {
            return "  line " + line + ": " + text;
        }
    }

    /**
     * Begins without any.
     *
     * @param name of the file
     */
    Problems(String name) {
        prefix = "error parsing YAML in config file at " + name + ": yaml: ";
    }

    private static void word(String ours, String theirs) {
        WORDS.put(Pattern.compile(ours, Pattern.DOTALL), theirs);
    }

    /** Adds one that does not keep the rest from being read. */
    void add(int line, String text) {
        problems.add(new Problem(line, text));
    }

    /** Throws what has been added, if anything has. */
    void throwIfAny() {
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(Problem::line));
            throw fail(
                    problems.get(0).line(),
                    problems.stream()
                            .map(Problem::toString)
                            .collect(Collectors.joining("\n", "unmarshal errors:\n", "")));
        }
    }

    /** Makes the exception for one that keeps the rest from being read. */
    ConfigException fail(int line, String text) {
        return new ConfigException(line, prefix + text);
    }

    /** Makes the exception for a text that is no YAML. */
    ConfigException syntax(YamlEngineException failure) {
        if (failure instanceof ReaderException) {
            return fail(0, "control characters are not allowed");
        }
        if (!(failure instanceof MarkedYamlEngineException marked)) {
            return fail(0, String.valueOf(failure.getMessage()));
        }
        String words = words(marked.getProblem());
        if (words.startsWith(UNKNOWN_ANCHOR)) {
            return fail(marked.getProblemMark().map(at -> at.getLine() + 1).orElse(0), words);
        }
        // go-yaml counts from 0 and takes the first line for "not known"; only its scanner adds one.
        int context = marked.getContextMark().map(Mark::getLine).orElse(0);
        int problem = marked.getProblemMark().map(Mark::getLine).orElse(0);
        int told = context != 0 ? context : problem;
        int line = told != 0 && failure instanceof ScannerException ? told + 1 : told;
        return fail(line, (line == 0 ? "" : "line " + line + ": ") + words);
    }

    private static String words(String problem) {
        String first = problem.lines().findFirst().orElse(problem);
        return WORDS.entrySet().stream()
                .filter(word -> word.getKey().matcher(first).matches())
                .findFirst()
                .map(word -> word.getKey().matcher(first).replaceFirst(word.getValue()))
                .orElse(first);
    }
}
