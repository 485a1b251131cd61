package dev.adit.tunnel.examples.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a program has of its surroundings.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param environment its variables
 */
record Console(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment) {

    /** Says something that is no result. */
    void note(String text) {
        err.println(text);
    }
}
