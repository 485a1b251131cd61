package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.IngressWarning.Code;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Access;
import dev.adit.tunnel.netty.connector.config.RawConfiguration.RawRule;
import dev.adit.tunnel.netty.connector.config.RawConfiguration.UnusedKey;
import dev.adit.tunnel.netty.connector.ingress.RuleLint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds what is allowed in a configuration and may still surprise. */
final class ConfigLint {

    private static final List<OriginKey> WITHOUT_EFFECT = List.of(OriginKey.PROXY_ADDRESS, OriginKey.PROXY_PORT);

    private final RuleMode mode;
    private final List<IngressWarning> warnings = new ArrayList<>();

    private ConfigLint(RuleMode mode) {
        this.mode = mode;
    }

    /**
     * Looks at a configuration whose rules are good.
     *
     * @return those of the configuration as a whole first, then in order of the rules
     */
    static List<IngressWarning> of(
            RawConfiguration configuration, RuleMode mode, List<IngressRule> rules, List<ServiceText> services) {
        ConfigLint lint = new ConfigLint(mode);
        lint.global(configuration);
        for (int index = 0; index < rules.size(); index++) {
            lint.rule(index, configuration, rules.get(index), services.get(index));
        }
        RuleLint.of(rules)
                .forEach(found -> lint.add(
                        found.code(),
                        found.ruleIndex(),
                        configuration.rules().get(found.ruleIndex()).line(),
                        found.message()));
        lint.warnings.sort(Comparator.comparingInt(IngressWarning::ruleIndex));
        return List.copyOf(lint.warnings);
    }

    private void global(RawConfiguration configuration) {
        for (UnusedKey key : configuration.unused()) {
            add(
                    Code.UNUSED_KEY,
                    -1,
                    key.line(),
                    "the key '" + key.name() + "' is read by nothing. Keys are compared with their case; correct or"
                            + " remove it.");
        }
        OriginSettings origin = configuration.originRequest();
        Access access = origin.access();
        if (access != null && access.required()) {
            add(
                    Code.GLOBAL_ACCESS,
                    -1,
                    origin.line(OriginKey.ACCESS),
                    mode == RuleMode.STANDARD
                            ? "the access block of the global originRequest is enforced for every rule without one of"
                                    + " its own. cloudflared enforces it nowhere: there, requests without a token pass."
                            : "the access block of the global originRequest is enforced nowhere, as in cloudflared:"
                                    + " requests without a token pass. Put it into each rule.");
        }
        if (!origin.destinations().isEmpty()) {
            add(
                    Code.IP_RULES,
                    -1,
                    origin.line(OriginKey.IP_RULES),
                    "ipRules in the global originRequest are not looked at, as in cloudflared. Put them into the rules"
                            + " with bastion or socks-proxy.");
        }
        settings(-1, origin);
    }

    private void rule(int index, RawConfiguration configuration, IngressRule rule, ServiceText service) {
        RawRule raw = configuration.rules().get(index);
        host(index, raw);
        if (!service.unreachable().isEmpty()) {
            add(
                    Code.NEVER_REACHED,
                    index,
                    raw.line(),
                    "the service " + service.shown() + " cannot be reached, for " + service.unreachable()
                            + "; every request is answered 502. Correct it.");
        } else if (rule.origin() instanceof Origin.Tcp tcp && tcp.port() == 0) {
            add(
                    Code.NEVER_REACHED,
                    index,
                    raw.line(),
                    "the service " + service.shown() + " has no port, and its scheme has no usual one; every request is"
                            + " answered 502. Add the port.");
        }
        settings(index, raw.originRequest());
        boolean streams = rule.origin() instanceof Origin.Bastion || rule.origin() instanceof Origin.Socks;
        if (!streams && !raw.originRequest().destinations().isEmpty()) {
            add(
                    Code.IP_RULES,
                    index,
                    raw.originRequest().line(OriginKey.IP_RULES),
                    "ipRules are looked at for bastion and socks-proxy alone, not for " + service.shown() + ".");
        }
    }

    private void host(int index, RawRule rule) {
        String hostname = rule.hostname();
        boolean capital = !hostname.equals(hostname.toLowerCase(Locale.ROOT));
        boolean wildcard = hostname.startsWith("*.");
        if (capital) {
            add(
                    Code.HOST_CASE,
                    index,
                    rule.line(),
                    "the hostname '" + hostname + "' has capital letters. cloudflared compares "
                            + (wildcard ? "wildcards" : "names") + " with their case, so that it takes fewer requests"
                            + (mode == RuleMode.STANDARD ? " there than here. Write it" : " than it seems. Write it")
                            + " in lower case.");
        }
        if (wildcard && hostname.chars().anyMatch(c -> c > 0x7F)) {
            add(
                    Code.WILDCARD_IDN,
                    index,
                    rule.line(),
                    "the wildcard '" + hostname + "' is not ASCII. Requests carry A-labels (xn--...), "
                            + (mode == RuleMode.STANDARD
                                    ? "which it matches here and never matches in cloudflared. Write it as A-labels."
                                    : "which it never matches. Write it as A-labels."));
        }
    }

    private void settings(int index, OriginSettings settings) {
        for (OriginKey key : WITHOUT_EFFECT) {
            if (settings.has(key)) {
                add(
                        Code.NO_EFFECT,
                        index,
                        settings.line(key),
                        key.key() + " has no effect, here and in cloudflared. Remove it.");
            }
        }
        String proxyType = settings.text(OriginKey.PROXY_TYPE);
        if (!proxyType.isEmpty() && !proxyType.equals("socks")) {
            add(
                    Code.NO_EFFECT,
                    index,
                    settings.line(OriginKey.PROXY_TYPE),
                    "proxyType '" + proxyType + "' has no effect; socks is the only one there is.");
        }
        Duration connect = settings.duration(OriginKey.CONNECT_TIMEOUT);
        if (connect != null && connect.isZero()) {
            add(
                    Code.CHANGED_SETTING,
                    index,
                    settings.line(OriginKey.CONNECT_TIMEOUT),
                    "connectTimeout 0 means no limit in cloudflared; here it is "
                            + OptionMapping.NO_CONNECT_LIMIT.toMinutes() + " minutes.");
        }
        Duration idle = settings.duration(OriginKey.KEEP_ALIVE_TIMEOUT);
        if (idle != null && (idle.isZero() || idle.isNegative())) {
            add(
                    Code.CHANGED_SETTING,
                    index,
                    settings.line(OriginKey.KEEP_ALIVE_TIMEOUT),
                    "keepAliveTimeout 0 means no limit in cloudflared; here it is "
                            + OptionMapping.NO_IDLE_LIMIT.toHours() + " hours.");
        }
    }

    private void add(Code code, int index, int line, String message) {
        warnings.add(new IngressWarning(code, index, line, message));
    }
}
