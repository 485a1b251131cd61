package dev.adit.tunnel.netty.connector.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressException.Code;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Access;
import dev.adit.tunnel.netty.connector.config.RawConfiguration.RawRule;
import dev.adit.tunnel.netty.connector.golang.GoHostPort;
import dev.adit.tunnel.netty.connector.ingress.RuleCompiler;
import dev.adit.tunnel.spi.IngressRules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the rules of a configuration in cloudflared's order and with its texts: rule by rule the service, the access
 * block, the host name, the path. The first thing that is wrong ends it. Source: cloudflared 2026.8.2,
 * {@code ingress/ingress.go}.
 */
final class RuleCheck {

    private final RawConfiguration configuration;
    private final RuleMode mode;
    private final List<IngressRule> rules = new ArrayList<>();
    private final List<ServiceText> services = new ArrayList<>();

    private RuleCheck(RawConfiguration configuration, RuleMode mode) {
        this.configuration = configuration;
        this.mode = mode;
    }

    /**
     * Checks and compiles.
     *
     * @throws IngressException for the first thing that is wrong
     */
    static IngressRules check(RawConfiguration configuration, RuleMode mode) {
        if (configuration.rules().isEmpty()) {
            throw new IngressException(-1, Code.NO_RULES, "The config file doesn't contain any ingress rules");
        }
        RuleCheck check = new RuleCheck(configuration, mode);
        for (int index = 0; index < configuration.rules().size(); index++) {
            check.rule(index, configuration.rules().get(index));
        }
        return new IngressRules(
                check.rules,
                check.services.stream().map(ServiceText::shown).toList(),
                RuleCompiler.compileChecked(check.rules, mode),
                ConfigLint.of(configuration, mode, check.rules, check.services));
    }

    private void rule(int index, RawRule rule) {
        OriginSettings merged = configuration.originRequest().with(rule.originRequest());
        try {
            services.add(ServiceText.read(rule.service(), rule.originRequest(), merged));
        } catch (ServiceText.RefusedException e) {
            throw new IngressException(index, e.code(), String.valueOf(e.getMessage()));
        }
        access(index, rule.originRequest().access());
        boolean catchAll = host(index, rule);
        path(index, rule.path());
        rules.add(new IngressRule(
                catchAll && rule.hostname().isEmpty() ? null : textOrNull(rule.hostname()),
                textOrNull(rule.path()),
                services.get(index).origin(),
                options(index, rule.originRequest(), merged)));
    }

    private static void access(int index, @Nullable Access access) {
        if (access != null
                && access.required()
                && access.teamName().isEmpty()
                && !access.audTag().isEmpty()) {
            throw new IngressException(
                    index, Code.ACCESS_INVALID, "access.TeamName cannot be blank when access.audTags are present");
        }
    }

    private boolean host(int index, RawRule rule) {
        String hostname = rule.hostname();
        if (GoHostPort.host(hostname) != null) {
            throw new IngressException(index, Code.HOSTNAME_HAS_PORT, "Hostname cannot contain a port");
        }
        if (hostname.lastIndexOf('*') > 0) {
            throw new IngressException(
                    index,
                    Code.HOSTNAME_BAD_WILDCARD,
                    "Hostname patterns can have at most one wildcard character (\"*\") and it can only be used for"
                            + " subdomains, e.g. \"*.example.com\"");
        }
        boolean catchAll =
                (hostname.isEmpty() || hostname.equals("*")) && rule.path().isEmpty();
        boolean last = index == configuration.rules().size() - 1;
        if (last && !catchAll) {
            throw new IngressException(
                    index,
                    Code.LAST_RULE_NOT_CATCH_ALL,
                    "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)");
        }
        if (!last && catchAll) {
            throw new IngressException(
                    index,
                    Code.CATCH_ALL_NOT_LAST,
                    "Rule #" + (index + 1) + " is matching the hostname '" + hostname
                            + "', but this will match every hostname, meaning the rules which follow it will never be"
                            + " triggered.");
        }
        return catchAll;
    }

    private static void path(int index, String expression) {
        try {
            Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new IngressException(
                    index,
                    Code.PATH_INVALID,
                    "Rule #" + (index + 1) + " has an invalid regex: error parsing regexp: " + reason(e, expression));
        }
    }

    /** RE2/J's words are Go's but for a parenthesis that was never opened. */
    private static String reason(PatternSyntaxException failure, String expression) {
        return failure.getPattern().equals("stack underflow")
                ? "unexpected ): `" + expression + "`"
                : failure.getDescription() + ": `" + failure.getPattern() + "`";
    }

    /** What cloudflared lets through here and we could not do: a number out of its range, a block of nobody's tokens. */
    private OriginOptions options(int index, OriginSettings own, OriginSettings merged) {
        Access enforced = mode == RuleMode.COMPATIBLE ? own.access() : merged.access();
        access(index, enforced);
        try {
            return OptionMapping.options(merged, enforced);
        } catch (IllegalArgumentException e) {
            throw new IngressException(
                    index,
                    Code.OPTION_INVALID,
                    "Rule #" + (index + 1) + " has an originRequest that cannot be followed: " + e.getMessage());
        }
    }

    private static @Nullable String textOrNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
