package dev.adit.tunnel;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Whose requests an origin gets: those with a token that Cloudflare Access signed for one of the given applications.
 * The token is the header {@code Cf-Access-Jwt-Assertion}. Every request without a good one is answered 403. Needs
 * {@code com.nimbusds:nimbus-jose-jwt} on the class path.
 *
 * @param required whether a token is asked for
 * @param teamName the team, the first label of {@code <teamName>.cloudflareaccess.com}
 * @param audTags the applications; a token must be for one of them
 * @param environment {@code fed} for the teams below {@code fed.cloudflareaccess.com}; else empty
 */
public record AccessPolicy(boolean required, String teamName, List<String> audTags, String environment) {

    /** The team's name becomes part of the address that keys are fetched from: nothing but one label will do. */
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

    /** Copies the list, and refuses to ask for tokens of nobody, or of a team whose name is no label. */
    public AccessPolicy {
        audTags = List.copyOf(audTags);
        if (required && !audTags.isEmpty() && teamName.isEmpty()) {
            throw new IllegalArgumentException(
                    "access.teamName: empty (expected: the team that signs the tokens for " + audTags + ")");
        }
        if (required && !teamName.isEmpty() && !LABEL.matcher(teamName).matches()) {
            throw new IllegalArgumentException("access.teamName: '" + teamName
                    + "' (expected: the team alone, the first label of <team>.cloudflareaccess.com)");
        }
    }

    /**
     * Asks for a token.
     *
     * @param teamName the team
     * @param audTags the applications, at least one
     * @return the policy
     */
    public static AccessPolicy required(String teamName, String... audTags) {
        return new AccessPolicy(true, teamName, List.of(audTags), "");
    }
}
