package dev.adit.tunnel.examples.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One flag of the command line, which may also come from the environment or the file. Names, variables and defaults are
 * cloudflared's (2026.8.2, {@code tunnel run --help}).
 *
 * @param names long ones, without dashes; the first is the one of the file
 * @param variables of the environment, in order
 * @param kind how its value is read
 * @param use what giving it does
 * @param text for the help; for flags that do not work, the reason
 */
record Flag(List<String> names, List<String> variables, Kind kind, Use use, String text) {

    /** The form of a value. */
    enum Kind {
        /** Any text. */
        TEXT,
        /** On or off. */
        SWITCH,
        /** A whole number. */
        NUMBER,
        /** Such as {@code 30s} or {@code 1m30s}. */
        DURATION,
        /** Several texts. */
        LIST
    }

    /** What giving a flag does. */
    enum Use {
        /** What it says. */
        WORKS,
        /** Nothing, and the log says why once. */
        WITHOUT_EFFECT,
        /** The command is refused with the reason. */
        REFUSED
    }

    String name() {
        return names.get(0);
    }

    static Flag works(String name, @Nullable String variable, Kind kind, String text) {
        return new Flag(List.of(name), variable == null ? List.of() : List.of(variable), kind, Use.WORKS, text);
    }

    static Flag withoutEffect(String name, @Nullable String variable, Kind kind, String reason) {
        return new Flag(
                List.of(name), variable == null ? List.of() : List.of(variable), kind, Use.WITHOUT_EFFECT, reason);
    }

    static Flag refused(String name, @Nullable String variable, Kind kind, String reason) {
        return new Flag(List.of(name), variable == null ? List.of() : List.of(variable), kind, Use.REFUSED, reason);
    }
}
