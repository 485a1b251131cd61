package dev.adit.tunnel;

import dev.adit.tunnel.spi.ConfigSource;
import dev.adit.tunnel.spi.TunnelClientProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@code config.yml} of cloudflared, or a configuration in its JSON form. Read once, immutable; the rules are checked
 * when {@link #ingress()} asks for them.
 *
 * <pre>{@code
 * TunnelConfig config = TunnelConfig.find().orElseThrow();
 * TunnelClient client = TunnelClient.builder()
 *         .credentials(TunnelCredentials.fromFile(config.credentialsFile().orElseThrow()))
 *         .ingress(config.ingress())
 *         .build();
 * config.ingress().lint().forEach(System.err::println);
 * }</pre>
 *
 * <p>Top-level keys but {@code tunnel}, {@code ingress}, {@code originRequest} and {@code warp-routing} are command-line
 * flags to cloudflared, without their dashes. {@link #string}, {@link #integer}, {@link #bool}, {@link #duration} and
 * {@link #strings} read them with their type, and refuse another with cloudflared's text; a key that is missing is empty. A
 * command line looks for a flag on itself first, then in the environment, then here, then at its default.
 */
public final class TunnelConfig {

    private static final int MAX_BYTES = 1024 * 1024;
    private static final String NO_FILE = "No configuration file was found. Please create one, or use the --config flag"
            + " to specify its filepath. You can use the help command to learn more about configuration files";
    private static final String URL_WITH_RULES =
            "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin ingress rules";

    private final @Nullable Path file;
    private final ConfigSource source;

    private TunnelConfig(@Nullable Path file, ConfigSource source) {
        this.file = file;
        this.source = source;
    }

    /**
     * Reads a file.
     *
     * @param file in YAML, at most 1 MiB
     * @return what it says. A file without any content is {@link #isEmpty() empty}, which is no error
     * @throws ConfigException if it is no YAML or a value has the wrong type
     * @throws TunnelException if it cannot be read
     */
    public static TunnelConfig load(Path file) {
        return new TunnelConfig(file, TunnelClientProvider.load().readYaml(read(file), file.toString()));
    }

    /**
     * Reads the first file of the {@link #searchPath()} that exists.
     *
     * @return what it says; empty if none exists
     * @throws ConfigException if the file is no YAML or a value has the wrong type
     * @throws TunnelException if the file cannot be read
     */
    public static Optional<TunnelConfig> find() {
        return searchPath().stream().filter(Files::exists).findFirst().map(TunnelConfig::load);
    }

    /**
     * Returns where cloudflared looks for a file when none is named: {@code config.yml}, then {@code config.yaml}, in
     * {@code .cloudflared}, {@code .cloudflare-warp} and {@code cloudflare-warp} below the home directory and, but on
     * Windows, in {@code /etc/cloudflared} and {@code /usr/local/etc/cloudflared}. Source: cloudflared 2026.8.2,
     * {@code config/configuration.go}.
     *
     * @return in order of precedence
     */
    public static List<Path> searchPath() {
        return searchPath(
                Optional.ofNullable(System.getenv("HOME")).orElse(System.getProperty("user.home", "")),
                System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows"));
    }

    static List<Path> searchPath(String home, boolean windows) {
        List<Path> directories = new ArrayList<>();
        for (String name : List.of(".cloudflared", ".cloudflare-warp", "cloudflare-warp")) {
            directories.add(Path.of(home, name));
        }
        if (!windows) {
            directories.add(Path.of("/etc/cloudflared"));
            directories.add(Path.of("/usr/local/etc/cloudflared"));
        }
        return directories.stream()
                .flatMap(directory ->
                        List.of(directory.resolve("config.yml"), directory.resolve("config.yaml")).stream())
                .toList();
    }

    /**
     * Reads a configuration in JSON, the form in which an edge pushes it and {@code ingress validate --json} takes it:
     * {@code ingress}, {@code originRequest} and {@code warp-routing} with the keys of the YAML form, durations in whole
     * seconds. Other keys are ignored.
     *
     * @param json one object
     * @return what it says
     * @throws ConfigException if it is no JSON or a value has the wrong type
     */
    public static TunnelConfig parseJson(String json) {
        return new TunnelConfig(null, TunnelClientProvider.load().readJson(json));
    }

    private static String read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("it is longer than " + MAX_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new TunnelException(
                    "The configuration file " + file + " cannot be read: " + FileFailure.reason(e)
                            + ". Name one that exists and that this process may read.",
                    e);
        }
    }

    /**
     * Returns where it was read from.
     *
     * @return the file; empty for JSON
     */
    public Optional<Path> file() {
        return Optional.ofNullable(file);
    }

    /**
     * Tells whether the file has no content but comments and white space. cloudflared then acts as if there was none.
     *
     * @return whether nothing was read
     */
    public boolean isEmpty() {
        return source.isEmpty();
    }

    /**
     * Returns {@code tunnel}: the tunnel to run when the command line names none.
     *
     * @return a tunnel's id or name; empty if it is missing
     */
    public Optional<String> tunnel() {
        return string("tunnel");
    }

    /**
     * Returns {@code credentials-file}, for {@link TunnelCredentials#fromFile(Path)}. A {@code ~} in front stands for the
     * home directory.
     *
     * @return as it is written, relative to the working directory; empty if it is missing
     * @throws ConfigException if it is no string
     */
    public Optional<Path> credentialsFile() {
        return string("credentials-file").filter(path -> !path.isEmpty()).map(TunnelConfig::withoutTilde);
    }

    private static Path withoutTilde(String path) {
        return path.equals("~") || path.startsWith("~/")
                ? Path.of(
                        Optional.ofNullable(System.getenv("HOME")).orElse(System.getProperty("user.home", "")),
                        path.substring(1))
                : Path.of(path);
    }

    /**
     * Returns {@code url}: the only origin, for a file without rules.
     *
     * @return as it is written; empty if it is missing
     * @throws ConfigException if it is no string
     */
    public Optional<String> url() {
        return string("url");
    }

    /**
     * Returns the top-level keys but {@code ingress}, {@code originRequest} and {@code warp-routing}.
     *
     * @return in order, unmodifiable; values are {@link String}, {@link Long}, {@link Double}, {@link Boolean}, lists and
     *     maps of these. Keys whose value is null are left out
     */
    public Map<String, Object> settings() {
        return source.settings();
    }

    /**
     * Reads a top-level key.
     *
     * @param name of the flag, without dashes
     * @return its value; empty if it is missing
     * @throws ConfigException if it is no string
     */
    public Optional<String> string(String name) {
        return typed(name, String.class, "string");
    }

    /**
     * Reads a top-level key.
     *
     * @param name of the flag, without dashes
     * @return its value; empty if it is missing
     * @throws ConfigException if it is no integer
     */
    public Optional<Long> integer(String name) {
        return typed(name, Long.class, "int");
    }

    /**
     * Reads a top-level key.
     *
     * @param name of the flag, without dashes
     * @return its value; empty if it is missing
     * @throws ConfigException if it is neither true nor false
     */
    public Optional<Boolean> bool(String name) {
        return typed(name, Boolean.class, "boolean");
    }

    /**
     * Reads a top-level key.
     *
     * @param name of the flag, without dashes
     * @return its value; empty if it is missing
     * @throws ConfigException if it is no text such as {@code 30s}, {@code 1m30s} or {@code 1500ms}
     */
    public Optional<Duration> duration(String name) {
        return typed(name, String.class, "duration").map(TunnelClientProvider.load()::readDuration);
    }

    /**
     * Reads a top-level key.
     *
     * @param name of the flag, without dashes
     * @return its values; empty if it is missing
     * @throws ConfigException if it is no list of strings
     */
    public Optional<List<String>> strings(String name) {
        return typed(name, List.class, "string slice").map(TunnelConfig::strings);
    }

    private static List<String> strings(List<?> values) {
        List<String> strings = new ArrayList<>();
        for (Object value : values) {
            if (!(value instanceof String text)) {
                throw new ConfigException(0, "expected string, found " + typeOf(value) + " for " + strings.size());
            }
            strings.add(text);
        }
        return List.copyOf(strings);
    }

    private <T> Optional<T> typed(String name, Class<T> type, String expected) {
        Object value = settings().get(name);
        if (value != null && !type.isInstance(value)) {
            throw new ConfigException(0, "expected " + expected + " found " + typeOf(value) + " for " + name);
        }
        return Optional.ofNullable(type.cast(value));
    }

    /** Go's names, as cloudflared's messages have them. */
    private static String typeOf(Object value) {
        return value instanceof String
                ? "string"
                : value instanceof Long
                        ? "int"
                        : value instanceof Double
                                ? "float64"
                                : value instanceof Boolean
                                        ? "bool"
                                        : value instanceof List ? "[]interface {}" : "map[string]interface {}";
    }

    /**
     * Returns the settings of private TCP streams.
     *
     * @return with defaults where the file says nothing
     */
    public WarpRouting warpRouting() {
        return source.warpRouting();
    }

    /**
     * Tells whether there are rules. Without them a single origin comes from the command line, such as {@link #url()}.
     *
     * @return whether {@code ingress} has at least one entry
     */
    public boolean hasRules() {
        return source.hasRules();
    }

    /**
     * Checks the rules by {@link RuleMode#STANDARD}.
     *
     * @return the rules
     * @throws IngressException for the first thing that is wrong, with cloudflared's text
     */
    public Ingress ingress() {
        return ingress(RuleMode.STANDARD);
    }

    /**
     * Checks the rules, in cloudflared's order and with its texts. The command line writes {@code Validation failed: }
     * in front of them.
     *
     * @param mode how host names are compared and which {@code access} blocks count
     * @return the rules
     * @throws IngressException for the first thing that is wrong
     */
    public Ingress ingress(RuleMode mode) {
        return Ingress.ofChecked(source.rules(mode));
    }

    /**
     * Does what {@code cloudflared tunnel ingress validate} does: a file must have been found, its rules must be good,
     * and no URL for a single origin may be given besides.
     *
     * @param mode how host names are compared and which {@code access} blocks count
     * @param url from the command line ({@code --url}) or the environment ({@code TUNNEL_URL}); null for none, then
     *     {@link #url()} counts
     * @return the rules
     * @throws IngressException for the first thing that is wrong with the rules; the command line writes
     *     {@code Validation failed: } in front of its text
     * @throws TunnelException if the file is empty or there is a URL, with cloudflared's text
     */
    public Ingress validate(RuleMode mode, @Nullable String url) {
        if (isEmpty()) {
            throw new TunnelException(NO_FILE);
        }
        Ingress ingress = ingress(mode);
        if (url != null || settings().containsKey("url")) {
            throw new TunnelException(URL_WITH_RULES);
        }
        return ingress;
    }

    /**
     * Returns the report of keys that nothing reads, in rules, {@code originRequest} and {@code warp-routing}. Unknown
     * top-level keys are not reported: they are taken for flags.
     *
     * @return cloudflared's text, several lines; empty if there is none
     */
    public Optional<String> unusedKeys() {
        return source.unusedKeys();
    }

    /** Returns where it was read from, and no content: it may hold what is not for everybody. */
    @Override
    public String toString() {
        return "TunnelConfig[" + (file == null ? "JSON" : file) + "]";
    }
}
