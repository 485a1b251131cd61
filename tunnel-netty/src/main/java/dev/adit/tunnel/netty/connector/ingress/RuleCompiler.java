package dev.adit.tunnel.netty.connector.ingress;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressException.Code;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.netty.wire.HostNames;
import dev.adit.tunnel.spi.IngressMatcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks rules in their order and compiles them. The first thing that is wrong is told. */
public final class RuleCompiler {

    private RuleCompiler() {}

    /**
     * Checks and compiles rules.
     *
     * @param rules in order of precedence
     * @return what finds the rule for a request
     * @throws IngressException for the first thing that is wrong
     */
    public static IngressMatcher compile(List<IngressRule> rules) {
        if (rules.isEmpty()) {
            throw new IngressException(
                    -1,
                    Code.NO_RULES,
                    "There are no ingress rules. Give at least IngressRule.otherwise(...), which takes every request.");
        }
        List<CompiledRule> compiled = new ArrayList<>(rules.size());
        for (int index = 0; index < rules.size(); index++) {
            compiled.add(compile(index, rules.get(index), index == rules.size() - 1));
        }
        return new RuleMatcher(List.copyOf(compiled));
    }

    private static CompiledRule compile(int index, IngressRule rule, boolean last) {
        String pattern = rule.hostnamePattern();
        if (last && !rule.isCatchAll()) {
            throw wrong(
                    index,
                    Code.LAST_RULE_NOT_CATCH_ALL,
                    "is the last and has a hostname or a path (" + rule + "), so some requests would match no rule."
                            + " Add IngressRule.otherwise(...), for example with Origin.status(404), behind it.");
        }
        if (!last && rule.isCatchAll()) {
            throw wrong(
                    index,
                    Code.CATCH_ALL_NOT_LAST,
                    "matches every request, so the rules behind it would never match. Move it to the end.");
        }
        boolean wildcard = pattern != null && pattern.startsWith("*.");
        String host = pattern == null ? null : host(index, pattern, wildcard);
        return new CompiledRule(host, wildcard, path(index, rule.pathPattern()));
    }

    private static String host(int index, String pattern, boolean wildcard) {
        if (hasPort(pattern)) {
            throw wrong(
                    index,
                    Code.HOSTNAME_HAS_PORT,
                    "has the hostname '" + pattern + "' with a port; requests are matched without it. Leave it out.");
        }
        String name = wildcard ? pattern.substring(2) : pattern;
        if (name.indexOf('*') >= 0) {
            throw wrong(
                    index,
                    Code.HOSTNAME_BAD_WILDCARD,
                    "has the hostname '" + pattern + "'; a wildcard can only be the whole first label."
                            + " Write it as *.example.com.");
        }
        String canonical = HostNames.ofConfigured(name);
        if (canonical == null) {
            throw wrong(
                    index,
                    Code.HOSTNAME_INVALID,
                    "has the hostname '" + pattern + "', which is no DNS name: labels of up to 63 letters, digits and"
                            + " hyphens, joined by dots. Correct it.");
        }
        return wildcard ? "." + canonical : canonical;
    }

    /** Tells whether a name has a port, as {@code host:8080} and {@code [::1]:80} do; an IPv6 literal alone has none. */
    private static boolean hasPort(String name) {
        int colon = name.lastIndexOf(':');
        return colon >= 0 && (name.indexOf(':') == colon || name.charAt(colon - 1) == ']');
    }

    private static @Nullable Pattern path(int index, @Nullable String expression) {
        if (expression == null) {
            return null;
        }
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw wrong(
                    index,
                    Code.PATH_INVALID,
                    "has the path '" + expression + "', which is no RE2 expression: " + e.getDescription()
                            + ". RE2 has no look-around and no back-references. Correct it.");
        }
    }

    private static IngressException wrong(int index, Code code, String text) {
        return new IngressException(index, code, "Ingress rule " + index + " (counted from 0) " + text);
    }
}
