package dev.adit.tunnel.netty.connector.ingress;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressException.Code;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.netty.connector.ingress.ExactMatcher.ExactRule;
import dev.adit.tunnel.netty.wire.HostNames;
import dev.adit.tunnel.spi.IngressMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

    /**
     * Compiles rules of a configuration, which have been checked by cloudflared's laxer rules: a host name that is no DNS
     * name is a rule that never matches.
     *
     * @param rules in order of precedence, the last a catch-all, their paths RE2 expressions
     * @param mode how host names are compared
     * @return what finds the rule for a request
     */
    public static IngressMatcher compileChecked(List<IngressRule> rules, RuleMode mode) {
        if (mode == RuleMode.COMPATIBLE) {
            return new ExactMatcher(rules.stream()
                    .map(rule -> ExactRule.of(
                            Objects.requireNonNullElse(rule.hostnamePattern(), ""), expression(rule.pathPattern())))
                    .toList());
        }
        return new RuleMatcher(rules.stream().map(RuleCompiler::lenient).toList());
    }

    private static CompiledRule lenient(IngressRule rule) {
        String pattern = rule.hostnamePattern();
        Pattern path = expression(rule.pathPattern());
        if (pattern == null || pattern.equals("*")) {
            return new CompiledRule(null, false, path);
        }
        String canonical = canonical(pattern);
        boolean wildcard = pattern.startsWith("*.");
        return new CompiledRule(canonical == null ? CompiledRule.NO_HOST : canonical, wildcard, path);
    }

    /**
     * Brings a host name pattern into the spelling in which it is compared.
     *
     * @param pattern a name, an address or a name behind {@code *.}
     * @return what a host must equal or, behind a wildcard, end with; null if no host can
     */
    static @Nullable String canonical(String pattern) {
        if (pattern.startsWith("*.")) {
            String name = HostNames.ofConfigured(pattern.substring(2));
            return name == null ? null : "." + name;
        }
        if (pattern.indexOf(':') >= 0) {
            return HostNames.ofAuthority(pattern.startsWith("[") ? pattern : "[" + pattern + "]");
        }
        return HostNames.ofConfigured(pattern);
    }

    private static @Nullable Pattern expression(@Nullable String text) {
        return text == null ? null : Pattern.compile(text);
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
        String host = pattern == null || pattern.equals("*") ? null : host(index, pattern, wildcard);
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
