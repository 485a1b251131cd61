package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.WarpRouting;
import dev.adit.tunnel.spi.TunnelClientProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** The values of flags: those of the command line go before the environment, that before the file. */
final class Values {

    /** Keys of the file that are no flags. */
    private static final Set<String> NO_FLAGS = Set.of("tunnel", "ingress", "originRequest", "warp-routing");

    private static final Set<String> TRUE = Set.of("1", "t", "T", "TRUE", "true", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "FALSE", "false", "False");

    private final Map<String, Flag> flags = new HashMap<>();
    private final List<ParseResult> given;
    private final Map<String, String> environment;
    private final @Nullable TunnelConfig config;

    /**
     * Looks at what was given.
     *
     * @param given the outermost command's first
     */
    Values(List<CommandLine> given, Map<String, String> environment, @Nullable TunnelConfig config) {
        this.given = given.stream().map(CommandLine::getParseResult).toList();
        this.environment = environment;
        this.config = config;
        for (Flag flag : Flags.all()) {
            flags.put(flag.name(), flag);
        }
    }

    Values with(TunnelConfig file) {
        return new Values(given, flags, environment, file);
    }

    private Values(
            List<ParseResult> given, Map<String, Flag> flags, Map<String, String> environment, TunnelConfig config) {
        this.given = given;
        this.flags.putAll(flags);
        this.environment = environment;
        this.config = config;
    }

    private Flag flag(String name) {
        Flag flag = flags.get(name);
        if (flag == null) {
            throw new IllegalArgumentException("No flag " + name);
        }
        return flag;
    }

    private Optional<Object> onCommandLine(Flag flag) {
        Object found = null;
        for (ParseResult command : given) {
            if (command.hasMatchedOption("--" + flag.name())) {
                found = command.matchedOptionValue("--" + flag.name(), null);
            }
        }
        return Optional.ofNullable(found);
    }

    private Optional<String> inEnvironment(Flag flag) {
        return flag.variables().stream()
                .map(environment::get)
                .filter(value -> value != null && !value.isEmpty())
                .findFirst()
                .map(String::valueOf);
    }

    /** The value on the command line or in the environment. */
    Optional<String> outsideTheFile(String name) {
        Flag flag = flag(name);
        return onCommandLine(flag).map(String::valueOf).or(() -> inEnvironment(flag));
    }

    Optional<String> text(String name) {
        return outsideTheFile(name)
                .or(() -> config == null ? Optional.empty() : config.string(name))
                .filter(value -> !value.isEmpty());
    }

    boolean isOn(String name) {
        Optional<Boolean> outside = outsideTheFile(name).map(value -> parseSwitch(name, value));
        return outside.or(() -> config == null ? Optional.empty() : config.bool(name))
                .orElse(false);
    }

    private static boolean parseSwitch(String name, String value) {
        if (!TRUE.contains(value) && !FALSE.contains(value)) {
            throw new TunnelException("--" + name + ": '" + value + "' (expected: true or false)");
        }
        return TRUE.contains(value);
    }

    Optional<Integer> number(String name) {
        try {
            Optional<Long> outside = outsideTheFile(name).map(Long::valueOf);
            return outside.or(() -> config == null ? Optional.empty() : config.integer(name))
                    .map(Math::toIntExact);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new TunnelException("--" + name + " (expected: a whole number): " + e.getMessage(), e);
        }
    }

    Optional<Duration> duration(String name) {
        return outsideTheFile(name)
                .map(value -> parseDuration(name, value))
                .or(() -> config == null ? Optional.empty() : config.duration(name));
    }

    private static Duration parseDuration(String name, String value) {
        try {
            return TunnelClientProvider.load().readDuration(value);
        } catch (RuntimeException e) {
            throw new TunnelException("--" + name + ": '" + value + "' (expected: a duration such as 30s or 1m30s)", e);
        }
    }

    /** Several values; in one text they are separated by commas. */
    List<String> list(String name) {
        Flag flag = flag(name);
        Optional<Object> onCommandLine = onCommandLine(flag);
        if (onCommandLine.isPresent() && onCommandLine.get() instanceof List<?> several) {
            return split(several.stream().map(String::valueOf).toList());
        }
        return inEnvironment(flag)
                .map(value -> split(List.of(value)))
                .or(() -> config == null ? Optional.empty() : config.strings(name))
                .orElse(List.of());
    }

    private static List<String> split(List<String> texts) {
        return texts.stream()
                .flatMap(text -> List.of(text.split(",", -1)).stream())
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    /** The file's {@code tunnel}. */
    Optional<String> tunnel() {
        return config == null ? Optional.empty() : config.tunnel();
    }

    /** With a {@code ~} in the file taken for the home directory. */
    Optional<Path> credentialsFile() {
        return outsideTheFile("credentials-file")
                .map(Path::of)
                .or(() -> config == null ? Optional.empty() : config.credentialsFile());
    }

    boolean hasRules() {
        return config != null && config.hasRules();
    }

    /** The file's rules. */
    Ingress rules(RuleMode mode) {
        if (config == null) {
            throw new IllegalStateException("There is no file");
        }
        return config.ingress(mode);
    }

    Optional<String> unusedKeys() {
        return config == null ? Optional.empty() : config.unusedKeys();
    }

    private boolean isGiven(Flag flag) {
        if (flag.kind() == Flag.Kind.SWITCH) {
            return isOn(flag.name());
        }
        return onCommandLine(flag).isPresent()
                || inEnvironment(flag).isPresent()
                || (config != null && config.settings().containsKey(flag.name()));
    }

    /** Refuses flags that this program does not have, wherever they come from, and says which have no effect. */
    void check(Console console) {
        for (Flag flag : Flags.all()) {
            if (flag.use() != Flag.Use.WORKS && isGiven(flag)) {
                if (flag.use() == Flag.Use.REFUSED) {
                    throw new TunnelException("--" + flag.name() + " is refused: " + flag.text() + ".");
                }
                console.note("--" + flag.name() + " has no effect: " + flag.text() + ".");
            }
        }
        if (config != null) {
            Set<String> unknown = new LinkedHashSet<>(config.settings().keySet());
            unknown.removeAll(NO_FLAGS);
            Flags.all().forEach(flag -> unknown.removeAll(flag.names()));
            if (!config.warpRouting().equals(WarpRouting.defaults())) {
                console.note("warp-routing has no effect: private networks are not served by this program.");
            }
            unknown.forEach(key -> console.note("The key '" + key + "' of the file means nothing to this program."));
        }
    }
}
