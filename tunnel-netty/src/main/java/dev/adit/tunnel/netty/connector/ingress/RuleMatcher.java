package dev.adit.tunnel.netty.connector.ingress;

import dev.adit.tunnel.netty.wire.HostNames;
import java.util.List;

/** Finds the first rule whose host and path match. The host is compared in canonical form. */
final class RuleMatcher extends OrderedMatcher {

    private final List<CompiledRule> rules;
    private final boolean anyPath;

    RuleMatcher(List<CompiledRule> rules) {
        this.rules = rules;
        this.anyPath = rules.stream().allMatch(rule -> rule.path() == null);
    }

    @Override
    public int match(String host, String path) {
        int last = rules.size() - 1;
        if (last == 0) {
            return 0;
        }
        String canonicalHost = canonical(host);
        String decodedPath = anyPath ? path : decode(path);
        for (int index = 0; index < last; index++) {
            CompiledRule rule = rules.get(index);
            if (rule.matchesHost(canonicalHost) && rule.matchesPath(decodedPath)) {
                return index;
            }
        }
        return last;
    }

    @Override
    int matchName(String name, String path) {
        return match(name.indexOf(':') >= 0 ? "[" + name + "]" : name, path);
    }

    /** Edges send A-labels; a Unicode name is understood too. What is no name at all matches only rules for any host. */
    private static String canonical(String authority) {
        String host = HostNames.ofAuthority(authority);
        if (host == null) {
            host = HostNames.ofConfigured(authority);
        }
        return host == null ? "" : host;
    }
}
