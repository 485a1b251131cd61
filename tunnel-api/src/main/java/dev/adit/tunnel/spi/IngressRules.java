package dev.adit.tunnel.spi;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import java.util.List;

/**
 * Checked rules from a configuration.
 *
 * @param rules in order of precedence
 * @param services for each rule, how cloudflared shows its service, such as {@code wss://localhost:8000}
 * @param matcher the compiled rules
 * @param warnings what {@link dev.adit.tunnel.Ingress#lint()} shall tell
 */
public record IngressRules(
        List<IngressRule> rules, List<String> services, IngressMatcher matcher, List<IngressWarning> warnings) {

    /** Copies the lists. */
    public IngressRules {
        rules = List.copyOf(rules);
        services = List.copyOf(services);
        warnings = List.copyOf(warnings);
    }
}
