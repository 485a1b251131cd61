package dev.adit.tunnel.spi;

import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;

/** Where the connector's implementation plugs in. Found by {@link ServiceLoader}; applications do not use it. */
public interface TunnelClientProvider {

    /**
     * Checks rules and compiles them.
     *
     * @param rules in order
     * @return the compiled rules
     * @throws IngressException for the first thing that is wrong
     */
    IngressMatcher compile(List<IngressRule> rules);

    /**
     * Finds what is allowed in rules and may still surprise.
     *
     * @param rules that {@link #compile} let through
     * @return in order of the rules
     */
    List<IngressWarning> lint(List<IngressRule> rules);

    /**
     * Reads a configuration in YAML, with cloudflared's keys.
     *
     * @param text the whole file
     * @param name of the file, for messages
     * @return what it says; its rules are not checked yet
     * @throws ConfigException if it is no YAML or a value has the wrong type
     */
    ConfigSource readYaml(String text, String name);

    /**
     * Reads a configuration in JSON, as the edge pushes it.
     *
     * @param text one object; durations are whole seconds
     * @return what it says; its rules are not checked yet
     * @throws ConfigException if it is no JSON or a value has the wrong type
     */
    ConfigSource readJson(String text);

    /**
     * Reads a duration in Go's form.
     *
     * @param text such as {@code 1m30s}
     * @return the duration
     * @throws ConfigException if it is none, with Go's text
     */
    Duration readDuration(String text);

    /**
     * Refuses what this implementation does not serve, when a client is built.
     *
     * @param settings the settings, otherwise checked
     * @throws TunnelException naming what is not served
     */
    void check(TunnelSettings settings);

    /**
     * Starts a tunnel.
     *
     * @param settings what to run
     * @return completes when the first connection is registered; exceptionally with a {@link TunnelException} when it is
     *     refused or cannot be made
     */
    CompletableFuture<Tunnel> start(TunnelSettings settings);

    /**
     * Reads a JSON object whose values are strings, such as a token or a credentials file.
     *
     * @param json the text
     * @return names and values in order; values that are null are left out
     * @throws IllegalArgumentException if it is not such an object; the message does not repeat the text
     */
    Map<String, String> readStrings(String json);

    /**
     * Finds the implementation.
     *
     * @return the first one on the class path or module path
     * @throws TunnelException if there is none, naming the artifact to add
     */
    static TunnelClientProvider load() {
        return ServiceLoader.load(TunnelClientProvider.class, TunnelClientProvider.class.getClassLoader())
                .findFirst()
                .or(() -> ServiceLoader.load(TunnelClientProvider.class).findFirst())
                .orElseThrow(() -> new TunnelException("No tunnel transport found. Add dev.adit:tunnel-netty next to"
                        + " tunnel-api on the class path or module path."));
    }
}
