package dev.adit.tunnel;

import dev.adit.tunnel.spi.IngressMatcher;
import dev.adit.tunnel.spi.TunnelClientProvider;
import java.util.List;

/**
 * An ordered, checked list of rules. The first rule whose host and path both match takes a request; the last matches
 * everything. Immutable.
 */
public final class Ingress {

    private final List<IngressRule> rules;
    private final IngressMatcher matcher;

    private Ingress(List<IngressRule> rules, IngressMatcher matcher) {
        this.rules = rules;
        this.matcher = matcher;
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
        return new Ingress(copy, TunnelClientProvider.load().compile(copy));
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
