package dev.adit.tunnel.netty.connector.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.wire.LogText;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One token: a compact JWS, signed by RS256, the only algorithm that Access uses. What a token says about how to check it
 * (other algorithms, keys of its own, addresses of keys) counts for nothing. Nothing of its claims is read before the
 * signature is good.
 */
final class AccessToken {

    /** Far above what Access makes (1 to 4 KiB); a visitor's work for us ends here. */
    private static final int MAX_LENGTH = 16 * 1024;

    /** How far the clocks of Access and of this machine may differ. */
    private static final Duration SKEW = Duration.ofSeconds(60);

    private final SignedJWT jwt;
    private final String keyId;

    private AccessToken(SignedJWT jwt, String keyId) {
        this.jwt = jwt;
        this.keyId = keyId;
    }

    /**
     * Touches the library.
     *
     * @throws NoClassDefFoundError if it is missing
     */
    static void loadLibrary() {
        JWSAlgorithm.RS256.getName();
    }

    /** Reads a token's shape and header. */
    static AccessToken read(String text) throws OriginException {
        if (text.length() > MAX_LENGTH) {
            throw denied("is longer than " + MAX_LENGTH + " characters");
        }
        if (!isCompact(text)) {
            throw denied("is not three parts of base64url, joined by points");
        }
        SignedJWT jwt;
        try {
            jwt = SignedJWT.parse(text);
        } catch (ParseException | RuntimeException e) {
            throw denied("is no signed JWT");
        }
        JWSHeader header = jwt.getHeader();
        if (!JWSAlgorithm.RS256.equals(header.getAlgorithm())) {
            throw denied("is signed by " + LogText.safe(String.valueOf(header.getAlgorithm())) + ", not by RS256");
        }
        if (header.getCriticalParams() != null || !header.isBase64URLEncodePayload()) {
            throw denied("asks for an extension that is not known here");
        }
        if (header.getType() != null && !JOSEObjectType.JWT.equals(header.getType())) {
            throw denied("is of the type " + LogText.safe(header.getType().getType()) + ", not JWT");
        }
        String keyId = header.getKeyID();
        if (keyId == null || keyId.isEmpty()) {
            throw denied("names no key");
        }
        return new AccessToken(jwt, keyId);
    }

    /** The library skips characters that are no base64url; here they make a token bad. */
    private static boolean isCompact(String text) {
        int points = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.') {
                points++;
            } else if (!isBase64Url(c)) {
                return false;
            }
        }
        return points == 2 && !text.startsWith(".") && !text.endsWith(".") && !text.contains("..");
    }

    private static boolean isBase64Url(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }

    /** Which of the team's keys it claims to be signed with. */
    String keyId() {
        return keyId;
    }

    /**
     * Checks signature and claims.
     *
     * @param key the team's key of that id
     * @param issuer who must have issued it, to the letter
     * @param audTags for whom, one of these to the letter
     * @param now the time
     * @throws OriginException if anything is wrong; the message does not repeat the token
     */
    void check(JWSVerifier key, String issuer, Collection<String> audTags, Instant now) throws OriginException {
        JWTClaimsSet claims;
        try {
            if (!jwt.verify(key)) {
                throw denied("has a signature that is not of the key it names");
            }
            claims = jwt.getJWTClaimsSet();
        } catch (JOSEException | ParseException | RuntimeException e) {
            throw denied("cannot be verified or holds no claims");
        }
        if (!issuer.equals(claims.getIssuer())) {
            throw denied("is not issued by " + issuer);
        }
        @Nullable List<String> audience = claims.getAudience();
        if (audience == null || Collections.disjoint(audience, audTags)) {
            throw denied("is for another application than the rule's audTag");
        }
        Date expires = claims.getExpirationTime();
        if (expires == null || !now.isBefore(expires.toInstant())) {
            throw denied("has expired or never does; this machine's clock says " + now);
        }
        if (isAhead(claims.getNotBeforeTime(), now) || isAhead(claims.getIssueTime(), now)) {
            throw denied("is not valid yet; this machine's clock says " + now);
        }
    }

    private static boolean isAhead(@Nullable Date time, Instant now) {
        return time != null && time.toInstant().isAfter(now.plus(SKEW));
    }

    private static OriginException denied(String what) {
        return new OriginException(OriginFailure.ACCESS_DENIED, "The Access token " + what + ".", null);
    }
}
