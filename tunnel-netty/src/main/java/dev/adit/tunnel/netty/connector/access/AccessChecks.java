package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts the Access check before proxies. Rules of the same team share its keys. Safe for use by several threads. Source:
 * cloudflared 2026.8.2, {@code ingress/middleware/jwtvalidator.go}.
 */
public final class AccessChecks implements AutoCloseable {

    private static final String FED = "fed";
    private static final String KEYS_PATH = "/cdn-cgi/access/certs";

    private static final Duration FETCH_LIMIT = Duration.ofSeconds(10);
    private static final Duration FETCH_STEP_LIMIT = Duration.ofSeconds(5);
    private static final OriginOptions FETCH_OPTIONS = OriginOptions.builder()
            .connectTimeout(FETCH_STEP_LIMIT)
            .tlsTimeout(FETCH_STEP_LIMIT)
            .responseTimeout(FETCH_STEP_LIMIT)
            .build();

    private final Function<String, KeyService> services;
    private final Map<String, TeamKeys> teams = new HashMap<>();

    /**
     * Makes the checks of one client; nothing is opened yet.
     *
     * @param resources what keys are fetched with
     */
    public AccessChecks(OriginResources resources) {
        this(issuer -> new HttpsKeyService(URI.create(issuer + KEYS_PATH), FETCH_OPTIONS, FETCH_LIMIT, resources));
    }

    /** Takes other key services than the teams' own; for tests. */
    AccessChecks(Function<String, KeyService> services) {
        this.services = services;
    }

    /**
     * Refuses a rule whose tokens could not be checked, because the JOSE library is missing.
     *
     * @param index the rule's, from 0
     * @param rule any rule
     * @throws IngressException naming the artifact
     */
    public static void check(int index, IngressRule rule) {
        AccessPolicy policy = rule.options().access();
        if (policy != null && policy.required() && !isLibraryThere()) {
            throw new IngressException(
                    index,
                    IngressException.Code.ACCESS_LIBRARY_MISSING,
                    "Ingress rule " + index
                            + " (counted from 0) asks for Access tokens, and the library that checks them"
                            + " is missing. Add com.nimbusds:nimbus-jose-jwt 10.10 or later to the class path"
                            + " (on the module path also --add-modules com.nimbusds.jose.jwt).");
        }
    }

    private static boolean isLibraryThere() {
        try {
            AccessToken.loadLibrary();
            return true;
        } catch (NoClassDefFoundError e) {
            return false;
        }
    }

    /**
     * Puts the check before a proxy.
     *
     * @param policy the rule's, null if it has none
     * @param proxy of the rule's origin, of any kind
     * @return lets through what the policy allows; the proxy itself if no token is required. Closing it closes the proxy
     */
    public OriginProxy guard(@Nullable AccessPolicy policy, OriginProxy proxy) {
        if (policy == null || !policy.required()) {
            return proxy;
        }
        String issuer = issuer(policy);
        // Without a team there is nobody to issue tokens: nothing is fetched, and no token is good.
        TeamKeys keys = policy.teamName().isEmpty() ? null : team(issuer);
        return new GuardedProxy(proxy, new AccessCheck(issuer, policy.audTags(), keys));
    }

    private synchronized TeamKeys team(String issuer) {
        return teams.computeIfAbsent(issuer, key -> new TeamKeys(services.apply(key), System::nanoTime));
    }

    private static String issuer(AccessPolicy policy) {
        String below = policy.environment().equals(FED) ? ".fed" : "";
        return "https://" + policy.teamName() + below + ".cloudflareaccess.com";
    }

    /**
     * Forgets the keys of teams that no rule names any more.
     *
     * @param rules those in force
     */
    public synchronized void retain(Collection<IngressRule> rules) {
        Set<String> used = new HashSet<>();
        for (IngressRule rule : rules) {
            AccessPolicy policy = rule.options().access();
            if (policy != null && policy.required()) {
                used.add(issuer(policy));
            }
        }
        teams.entrySet().removeIf(team -> {
            boolean unused = !used.contains(team.getKey());
            if (unused) {
                team.getValue().close();
            }
            return unused;
        });
    }

    @Override
    public synchronized void close() {
        teams.values().forEach(TeamKeys::close);
        teams.clear();
    }
}
