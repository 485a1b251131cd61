package dev.adit.tunnel.netty.connector.ingress;

import com.google.re2j.Pattern;
import dev.adit.tunnel.netty.connector.golang.GoHostPort;
import java.net.IDN;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first rule as cloudflared does: the host is compared octet by octet with the rule's host name and, besides,
 * with the A-labels of a name without wildcard. Source: cloudflared 2026.8.2, {@code ingress/ingress.go}.
 */
final class ExactMatcher extends OrderedMatcher {

    private final List<ExactRule> rules;

    ExactMatcher(List<ExactRule> rules) {
        this.rules = rules;
    }

    /**
     * One rule.
     *
     * @param hostname as it was written; empty or {@code *} for any
     * @param ascii its A-labels if they differ, else null
     * @param path searched in the decoded path; null for any path
     */
    record ExactRule(
            String hostname,
            @Nullable String ascii,
            @Nullable Pattern path) {

        static ExactRule of(String hostname, @Nullable Pattern path) {
            return new ExactRule(hostname, aLabels(hostname), path);
        }

        private boolean matches(String host, String decodedPath) {
            boolean hostMatches = hostname.isEmpty()
                    || hostname.equals("*")
                    || equal(hostname, host)
                    || (ascii != null && equal(ascii, host));
            return hostMatches && (path == null || path.matcher(decodedPath).find());
        }

        private static boolean equal(String pattern, String host) {
            return pattern.equals(host) || (pattern.startsWith("*.") && host.endsWith(pattern.substring(1)));
        }
    }

    @Override
    public int match(String host, String path) {
        return matchName(GoHostPort.withoutPort(host), path);
    }

    @Override
    int matchName(String name, String path) {
        String decodedPath = decode(path);
        int last = rules.size() - 1;
        for (int index = 0; index < last; index++) {
            if (rules.get(index).matches(name, decodedPath)) {
                return index;
            }
        }
        return last;
    }

    /** Names with characters other than letters, digits and hyphens, such as wildcards, have no second form. */
    private static @Nullable String aLabels(String hostname) {
        try {
            String mapped = Normalizer.normalize(hostname, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
            String ascii = IDN.toASCII(mapped, IDN.USE_STD3_ASCII_RULES | IDN.ALLOW_UNASSIGNED);
            return ascii.equals(hostname) || ascii.isEmpty() ? null : ascii;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
