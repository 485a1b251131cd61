package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.TunnelException;
import java.util.List;

/** Sets the log of the process up, before anything is logged. */
final class Log {

    private static final String SIMPLE = "org.slf4j.simpleLogger.";
    private static final List<String> LEVELS = List.of("debug", "info", "warn", "error", "fatal");

    private Log() {}

    static void configure(Values values) {
        if (!values.text("output").orElse("default").equals("default")) {
            throw new TunnelException(
                    "--output " + values.text("output").orElse("") + " is refused: the log is text. Leave it out.");
        }
        String level = level("loglevel", values);
        System.setProperty(SIMPLE + "log.dev.adit", level);
        System.setProperty(SIMPLE + "defaultLogLevel", level);
        System.setProperty(
                SIMPLE + "log.io.netty",
                values.text("transport-loglevel").isPresent() ? level("transport-loglevel", values) : "warn");
        values.text("logfile").ifPresent(file -> System.setProperty(SIMPLE + "logFile", file));
    }

    private static String level(String flag, Values values) {
        String level = values.text(flag).orElse("info");
        if (!LEVELS.contains(level)) {
            throw new TunnelException("--" + flag + ": '" + level + "' (expected: one of " + LEVELS + ")");
        }
        return level.equals("fatal") ? "error" : level;
    }
}
