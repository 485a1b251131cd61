package dev.adit.tunnel.netty.connector.ingress;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.IngressWarning.Code;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds what is allowed in rules and may still surprise, wherever they come from. */
public final class RuleLint {

    /** Characters that IDNA of 2003 replaced or dropped and that of 2008 keeps. */
    private static final String AMBIGUOUS = "\u00df\u03c2\u200c\u200d";

    private RuleLint() {}

    /**
     * Looks at rules.
     *
     * @param rules checked rules
     * @return in order of the rules, lines not known
     */
    public static List<IngressWarning> of(List<IngressRule> rules) {
        List<IngressWarning> warnings = new ArrayList<>();
        for (int index = 0; index < rules.size(); index++) {
            IngressRule rule = rules.get(index);
            host(index, rule, warnings);
            shadow(index, rules, warnings);
            options(index, rule, warnings);
        }
        return List.copyOf(warnings);
    }

    private static void host(int index, IngressRule rule, List<IngressWarning> warnings) {
        String pattern = rule.hostnamePattern();
        if (pattern == null || pattern.equals("*")) {
            return;
        }
        if (RuleCompiler.canonical(pattern) == null) {
            warnings.add(warning(
                    Code.NEVER_MATCHES,
                    index,
                    "the hostname '" + pattern + "' is no DNS name, so no request has it. Correct it; a wildcard is"
                            + " written as *.example.com."));
        } else if (pattern.chars().anyMatch(c -> AMBIGUOUS.indexOf(c) >= 0)) {
            warnings.add(warning(
                    Code.HOST_AMBIGUOUS,
                    index,
                    "the hostname '" + pattern + "' has a character that older and newer IDNA turn into different"
                            + " names. Write the name's A-labels (xn--...), as the browser sends them."));
        }
    }

    private static void shadow(int index, List<IngressRule> rules, List<IngressWarning> warnings) {
        IngressRule rule = rules.get(index);
        for (int earlier = 0; earlier < index; earlier++) {
            IngressRule first = rules.get(earlier);
            boolean everyPath = first.pathPattern() == null || Objects.equals(first.pathPattern(), rule.pathPattern());
            if (everyPath && covers(first.hostnamePattern(), rule.hostnamePattern())) {
                warnings.add(warning(
                        Code.NEVER_MATCHES,
                        index,
                        "rule " + earlier + " (" + first + ") takes every request that this one (" + rule
                                + ") could take. Put this one in front of it, or remove it."));
                return;
            }
        }
    }

    private static boolean covers(@Nullable String first, @Nullable String second) {
        if (first == null || first.equals("*")) {
            return true;
        }
        String wider = RuleCompiler.canonical(first);
        String narrower = second == null || second.equals("*") ? null : RuleCompiler.canonical(second);
        if (wider == null || narrower == null) {
            return false;
        }
        return first.startsWith("*.")
                ? narrower.endsWith(wider)
                : !Objects.requireNonNull(second).startsWith("*.") && wider.equals(narrower);
    }

    private static void options(int index, IngressRule rule, List<IngressWarning> warnings) {
        Origin origin = rule.origin();
        boolean tls = origin instanceof Origin.Https || (origin instanceof Origin.Unix unix && unix.tls());
        if (rule.options().noTlsVerify() && tls) {
            warnings.add(warning(
                    Code.NO_TLS_VERIFY,
                    index,
                    "noTLSVerify is on: whoever answers at " + origin + " is taken for the origin. Name its authority"
                            + " in caPool, or the name in its certificate in originServerName."));
        }
        AccessPolicy access = rule.options().access();
        if (access != null
                && access.required()
                && (access.teamName().isEmpty() || access.audTags().isEmpty())) {
            warnings.add(warning(
                    Code.ACCESS_INCOMPLETE,
                    index,
                    "access.required is on without " + (access.teamName().isEmpty() ? "teamName" : "audTag")
                            + ", so every request is refused. Add it."));
        }
        List<IpRule> destinations = origin instanceof Origin.Bastion bastion
                ? bastion.rules()
                : origin instanceof Origin.Socks socks ? socks.rules() : null;
        if (destinations != null && destinations.stream().noneMatch(IpRule::allow)) {
            warnings.add(warning(
                    Code.IP_RULES,
                    index,
                    "no entry of ipRules allows a destination for " + origin + ", so every one is refused. Add those"
                            + " that may be reached."));
        }
    }

    private static IngressWarning warning(Code code, int index, String message) {
        return new IngressWarning(code, index, 0, message);
    }
}
