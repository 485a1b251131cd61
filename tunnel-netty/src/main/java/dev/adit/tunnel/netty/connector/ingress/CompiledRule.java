package dev.adit.tunnel.netty.connector.ingress;

import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One rule, ready to be matched.
 *
 * @param host the exact name, or what a name below the wildcard ends with ({@code .example.com}); null for any host
 * @param wildcard whether {@code host} is such an ending
 * @param path searched in the decoded path; null for any path
 */
record CompiledRule(
        @Nullable String host, boolean wildcard, @Nullable Pattern path) {

    /** Equal to no host, and no host's ending. */
    static final String NO_HOST = "\0";

    boolean matchesHost(String canonicalHost) {
        if (host == null) {
            return true;
        }
        return wildcard
                ? canonicalHost.length() > host.length() && canonicalHost.endsWith(host)
                : canonicalHost.equals(host);
    }

    boolean matchesPath(String decodedPath) {
        return path == null || path.matcher(decodedPath).find();
    }
}
