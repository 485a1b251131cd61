package dev.adit.tunnel.netty.connector.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A team's public keys, as its key service publishes them (RFC 7517). Immutable. */
final class SigningKeys {

    /** Smaller RSA keys sign nothing that is believed here. */
    private static final int MIN_BITS = 2048;

    private final Map<String, JWSVerifier> byId;

    private SigningKeys(Map<String, JWSVerifier> byId) {
        this.byId = byId;
    }

    /** Reads a key set; keys that are not RSA signing keys with an id are left out. */
    static SigningKeys read(String json) throws ParseException {
        Map<String, JWSVerifier> byId = new HashMap<>();
        try {
            for (JWK key : JWKSet.parse(json).getKeys()) {
                if (key instanceof RSAKey rsa && isForSigning(rsa)) {
                    byId.put(rsa.getKeyID(), new RSASSAVerifier(rsa.toRSAPublicKey()));
                }
            }
        } catch (JOSEException | RuntimeException e) {
            throw new ParseException(String.valueOf(e.getMessage()), 0);
        }
        if (byId.isEmpty()) {
            throw new ParseException("it holds no RSA signing key", 0);
        }
        return new SigningKeys(Map.copyOf(byId));
    }

    private static boolean isForSigning(RSAKey key) {
        return key.getKeyID() != null
                && (key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse()))
                && (key.getAlgorithm() == null || JWSAlgorithm.RS256.equals(key.getAlgorithm()))
                && key.size() >= MIN_BITS;
    }

    /** Returns what verifies signatures of a key, or null if there is none of this id. */
    @Nullable
    JWSVerifier find(String keyId) {
        return byId.get(keyId);
    }
}
