package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.netty.connector.access.AccessChecks;
import java.util.List;

/** Which rules can be put in force here. */
public final class ServedRules {

    private ServedRules() {}

    /**
     * Refuses rules that need a library which is missing.
     *
     * @param ingress good rules
     * @throws IngressException naming the rule and what to do
     */
    public static void check(Ingress ingress) {
        List<IngressRule> rules = ingress.rules();
        for (int index = 0; index < rules.size(); index++) {
            AccessChecks.check(index, rules.get(index));
        }
    }
}
