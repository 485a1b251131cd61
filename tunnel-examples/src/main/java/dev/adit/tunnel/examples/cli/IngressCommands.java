package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code tunnel ingress validate} and {@code tunnel ingress rule}, with cloudflared's output to the letter. */
final class IngressCommands {

    private static final String NO_FILE = "No configuration file was found. Please create one, or use the --config flag"
            + " to specify its filepath. You can use the help command to learn more about configuration files";

    private IngressCommands() {}

    static RuleMode mode(Values values) {
        return values.isOn("compatible") ? RuleMode.COMPATIBLE : RuleMode.STANDARD;
    }

    /** Puts in front of a refusal what the genuine program does. */
    static Ingress checked(Supplier<Ingress> rules) {
        try {
            return rules.get();
        } catch (IngressException e) {
            throw new TunnelException("Validation failed: " + e.getMessage(), e);
        }
    }

    static int validate(Console console, Values values, Optional<TunnelConfig> file) {
        TunnelConfig config = file.orElseThrow(() -> new TunnelException(NO_FILE));
        console.out().println("Validating rules from " + name(config));
        return validate(console, values, config);
    }

    static int validateJson(Console console, Values values, String json) {
        console.out().println("Validating rules from cmdline flag --json");
        return validate(console, values, TunnelConfig.parseJson(json));
    }

    private static int validate(Console console, Values values, TunnelConfig config) {
        Ingress ingress = checked(
                () -> config.validate(mode(values), values.outsideTheFile("url").orElse(null)));
        Optional<String> unused = config.unusedKeys();
        if (unused.isPresent()) {
            console.out().println("Warning: unused keys detected in your config file. Here is a list of unused keys:");
            console.out().println(unused.get());
        } else {
            console.out().println("OK");
        }
        warn(console, values, ingress);
        return 0;
    }

    /** What works otherwise than with cloudflared, or not as it may have been meant. */
    static void warn(Console console, Values values, Ingress ingress) {
        if (mode(values) == RuleMode.STANDARD) {
            ingress.lint().forEach(warning -> console.note("Note: " + warning));
        }
    }

    static int rule(Console console, Values values, Optional<TunnelConfig> file, List<String> arguments) {
        if (arguments.size() != 1) {
            throw new TunnelException("cloudflared tunnel rule expects a single argument, the URL to test");
        }
        TunnelConfig config = file.orElseThrow(() -> new TunnelException(NO_FILE));
        console.out().println("Using rules from " + name(config));
        Ingress ingress = checked(() -> config.ingress(mode(values)));
        Ingress.Match match = ingress.match(arguments.get(0));
        console.out().println("Matched rule #" + match.index());
        console.out().println(match.describe());
        return 0;
    }

    private static String name(TunnelConfig config) {
        return config.file().map(Object::toString).orElse("");
    }
}
