package dev.adit.tunnel;

import dev.adit.tunnel.spi.IngressMatcher;
import dev.adit.tunnel.spi.IngressRules;
import dev.adit.tunnel.spi.TunnelClientProvider;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An ordered, checked list of rules. The first rule whose host and path both match takes a request; the last matches
 * everything. Immutable.
 *
 * <p>Rules are made in code, {@link #of(IngressRule...)}, or read from cloudflared's {@code config.yml}, {@link #load(Path)}.
 */
public final class Ingress {

    private final List<IngressRule> rules;
    private final List<String> services;
    private final IngressMatcher matcher;
    /** Those of the configuration; null for rules made in code, which are looked at when somebody asks. */
    private final @Nullable List<IngressWarning> warnings;

    private Ingress(
            List<IngressRule> rules,
            List<String> services,
            IngressMatcher matcher,
            @Nullable List<IngressWarning> warnings) {
        this.rules = rules;
        this.services = services;
        this.matcher = matcher;
        this.warnings = warnings;
    }

    /**
     * The rule that takes a request.
     *
     * @param index of the rule, counted from 0
     * @param rule the rule
     * @param service how cloudflared shows its service, such as {@code wss://localhost:8000}
     */
    public record Match(int index, IngressRule rule, String service) {

        /**
         * Describes the rule as {@code cloudflared tunnel ingress rule} does: lines with host name and path, where it
         * has them, and service, each behind a tab.
         *
         * @return the lines, without a line break at the end
         */
        public String describe() {
            return (rule.hostnamePattern() == null ? "" : "\thostname: " + rule.hostnamePattern() + "\n")
                    + (rule.pathPattern() == null ? "" : "\tpath: " + rule.pathPattern() + "\n")
                    + "\tservice: "
                    + service;
        }
    }

    /**
     * Checks rules and makes a list of them.
     *
     * @param rules in order of precedence, the last a catch-all
     * @return the list
     * @throws IngressException for the first thing that is wrong, naming rule, reason and remedy
     */
    public static Ingress of(IngressRule... rules) {
        return of(List.of(rules));
    }

    /**
     * Checks rules and makes a list of them.
     *
     * @param rules in order of precedence, the last a catch-all
     * @return the list
     * @throws IngressException for the first thing that is wrong, naming rule, reason and remedy
     */
    public static Ingress of(List<IngressRule> rules) {
        List<IngressRule> copy = List.copyOf(rules);
        return new Ingress(
                copy,
                copy.stream().map(rule -> rule.origin().toString()).toList(),
                TunnelClientProvider.load().compile(copy),
                null);
    }

    /**
     * Reads the rules of a {@code config.yml} with cloudflared's keys, by {@link RuleMode#STANDARD}. For its other keys,
     * and for cloudflared's matching to the letter, see {@link TunnelConfig}.
     *
     * @param file the file
     * @return the rules in it
     * @throws ConfigException if the file is no YAML or a value has the wrong type
     * @throws IngressException for the first thing that is wrong with the rules, with cloudflared's text
     * @throws TunnelException if the file cannot be read
     */
    public static Ingress load(Path file) {
        return TunnelConfig.load(file).ingress();
    }

    /**
     * Makes a list of what has been checked and compiled, for implementations of the SPI.
     *
     * @param checked as {@link dev.adit.tunnel.spi.ConfigSource#rules} gives it
     * @return the list
     */
    public static Ingress ofChecked(IngressRules checked) {
        return new Ingress(checked.rules(), checked.services(), checked.matcher(), checked.warnings());
    }

    /**
     * Returns the rules.
     *
     * @return in order, unmodifiable
     */
    public List<IngressRule> rules() {
        return rules;
    }

    /**
     * Returns how cloudflared shows the services of the rules: for rules from a configuration as they were written there
     * (with default ports of TCP services), for others the text of the origin.
     *
     * @return one for each rule, unmodifiable
     */
    public List<String> services() {
        return services;
    }

    /**
     * Finds the rule for a request.
     *
     * @param host the value of {@code Host} or {@code :authority}; a port is ignored
     * @param path the request's path, percent-encoded as sent; a query is ignored
     * @return the first rule that matches, at worst the last
     */
    public IngressRule match(String host, String path) {
        return rules.get(matcher.match(host, path));
    }

    /**
     * Finds the rule for a URL, as {@code cloudflared tunnel ingress rule} does. Scheme, port, query and fragment count
     * for nothing.
     *
     * @param url such as {@code https://app.example.com/v1/users}
     * @return the first rule that matches, at worst the last
     * @throws TunnelException if it is no URL or has neither scheme nor host; with cloudflared's text
     */
    public Match match(String url) {
        int index = matcher.matchUrl(url);
        return new Match(index, rules.get(index), services.get(index));
    }

    /**
     * Finds the rule for a URL.
     *
     * @param url such as {@code https://app.example.com/v1/users}
     * @return the first rule that matches, at worst the last
     * @throws TunnelException if it has neither scheme nor host
     */
    public Match match(URI url) {
        return match(url.toString());
    }

    /**
     * Finds what is allowed and may still surprise: where our rules and cloudflared's part, keys that nothing reads, rules
     * that can never match, certificates that are not verified. Costs a pass over the rules.
     *
     * @return in order of the rules, those of the configuration as a whole first; empty if there is nothing to say
     */
    public List<IngressWarning> lint() {
        return warnings == null ? TunnelClientProvider.load().lint(rules) : warnings;
    }

    /**
     * Returns the compiled form of the rules, for implementations of the SPI.
     *
     * @return what finds a rule's index
     */
    public IngressMatcher matcher() {
        return matcher;
    }

    @Override
    public String toString() {
        return "Ingress" + rules;
    }
}
