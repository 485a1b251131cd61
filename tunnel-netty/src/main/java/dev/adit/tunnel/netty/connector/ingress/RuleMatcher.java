package dev.adit.tunnel.netty.connector.ingress;

import dev.adit.tunnel.netty.wire.HostNames;
import dev.adit.tunnel.spi.IngressMatcher;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Finds the first rule whose host and path match. The host is compared in canonical form, the expression is searched in
 * the percent-decoded path (its octets read as UTF-8).
 */
final class RuleMatcher implements IngressMatcher {

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

    /** Edges send A-labels; a Unicode name is understood too. What is no name at all matches only rules for any host. */
    private static String canonical(String authority) {
        String host = HostNames.ofAuthority(authority);
        if (host == null) {
            host = HostNames.ofConfigured(authority);
        }
        return host == null ? "" : host;
    }

    private static String decode(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        if (path.indexOf('%') < 0 && isAscii(path)) {
            return path;
        }
        ByteArrayOutputStream octets = new ByteArrayOutputStream(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int high = c == '%' && i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(path.charAt(i + 2), 16);
            if (low >= 0) {
                octets.write((high << 4) | low);
                i += 2;
            } else {
                octets.write(c);
            }
        }
        return octets.toString(StandardCharsets.UTF_8);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }
}
