package dev.adit.tunnel;

import dev.adit.tunnel.spi.TunnelClientProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a connector registers with: account, tunnel and secret. Immutable; the secret appears in no {@code toString},
 * exception or log.
 */
public final class TunnelCredentials {

    private static final int MIN_SECRET_BYTES = 32;

    private final String accountTag;
    private final UUID tunnelId;
    private final byte[] secret;
    private final @Nullable String region;

    private TunnelCredentials(String accountTag, UUID tunnelId, byte[] secret, @Nullable String region) {
        this.accountTag = accountTag;
        this.tunnelId = tunnelId;
        this.secret = secret;
        this.region = region;
    }

    /**
     * Makes credentials of their parts.
     *
     * @param accountTag the account's id, not empty
     * @param tunnelId the tunnel's id
     * @param secret at least 32 bytes, copied
     * @return the credentials
     * @throws IllegalArgumentException if the account is empty or the secret too short
     */
    public static TunnelCredentials of(String accountTag, UUID tunnelId, byte[] secret) {
        if (accountTag.isEmpty()) {
            throw new IllegalArgumentException("accountTag: '' (expected: the account's id)");
        }
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("secret: " + secret.length + " bytes (expected: at least 32)");
        }
        return new TunnelCredentials(accountTag, tunnelId, secret.clone(), null);
    }

    /**
     * Reads a one-line token, as {@code cloudflared tunnel token} prints it.
     *
     * @param token the token; white space around it is ignored
     * @return the credentials in it
     * @throws TunnelException if it is not a token; the message does not repeat it
     */
    public static TunnelCredentials fromToken(@Nullable String token) {
        if (token == null) {
            throw new TunnelException(
                    "There is no tunnel token: null was given. Set TUNNEL_TOKEN, or pass the token itself.");
        }
        return TunnelToken.parse(token).credentials();
    }

    /**
     * Reads a credentials file, as {@code cloudflared tunnel create} writes it: JSON with {@code AccountTag},
     * {@code TunnelSecret} (base64), {@code TunnelID} and, optionally, the region {@code Endpoint}.
     *
     * @param file the file
     * @return the credentials in it
     * @throws TunnelException if it cannot be read or is not such a file
     */
    public static TunnelCredentials fromFile(Path file) {
        try {
            return decode("The credentials file " + file, Files.readString(file));
        } catch (IOException | IllegalArgumentException e) {
            throw new TunnelException(
                    "The credentials file " + file + " cannot be read: " + FileFailure.reason(e)
                            + ". Give the <tunnel-id>.json that 'cloudflared tunnel create' wrote.",
                    e);
        }
    }

    /**
     * Reads the content of a credentials file.
     *
     * @param json as {@code cloudflared tunnel create} writes it
     * @return the credentials in it
     * @throws TunnelException if it is not of that form; the message does not repeat it
     */
    public static TunnelCredentials fromJson(String json) {
        try {
            return decode("The credentials' text", json);
        } catch (IllegalArgumentException e) {
            // The cause is left out: its message may repeat a part of the secret.
            throw new TunnelException("The credentials' text is no JSON object of strings. Give the content of the"
                    + " <tunnel-id>.json that 'cloudflared tunnel create' wrote.");
        }
    }

    private static TunnelCredentials decode(String what, String json) {
        Map<String, String> values = new LinkedHashMap<>();
        TunnelClientProvider.load()
                .readStrings(json)
                .forEach((name, value) -> values.put(name.toLowerCase(Locale.ROOT), value));
        return decode(what, values, "accounttag", "tunnelid", "tunnelsecret").in(values.get("endpoint"));
    }

    static TunnelCredentials decode(
            String what, Map<String, String> values, String accountKey, String idKey, String secretKey) {
        String account = values.get(accountKey);
        String id = values.get(idKey);
        String secret = values.get(secretKey);
        if (account == null || account.isEmpty() || id == null || secret == null) {
            throw new TunnelException(what + " lacks the account, the tunnel's id or the secret. Fetch it again.");
        }
        try {
            return of(account, UUID.fromString(id), Base64.getDecoder().decode(secret));
        } catch (IllegalArgumentException e) {
            // The cause is left out: its message may repeat a part of the secret.
            throw new TunnelException(
                    what
                            + " holds an id that is no UUID, or a secret that is not base64 of at least 32 bytes. Fetch it again.");
        }
    }

    /**
     * Returns the account's id.
     *
     * @return not empty
     */
    public String accountTag() {
        return accountTag;
    }

    /**
     * Returns the tunnel's id.
     *
     * @return the id
     */
    public UUID tunnelId() {
        return tunnelId;
    }

    /**
     * Returns the secret. Keep it out of logs.
     *
     * @return a copy
     */
    public byte[] secret() {
        return secret.clone();
    }

    /**
     * Returns the region of Cloudflare's network that the tunnel belongs to.
     *
     * @return such as {@code us}; empty for the whole network
     */
    public Optional<String> region() {
        return Optional.ofNullable(region);
    }

    /** The same in a region, which is left out where it is none. */
    TunnelCredentials in(@Nullable String where) {
        boolean usable =
                where != null && TunnelClient.Builder.REGION.matcher(where).matches();
        return new TunnelCredentials(accountTag, tunnelId, secret, usable ? where : null);
    }

    /**
     * Returns these credentials as a one-line token.
     *
     * @return the token
     */
    public TunnelToken toToken() {
        return TunnelToken.of(this);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TunnelCredentials that
                && accountTag.equals(that.accountTag)
                && tunnelId.equals(that.tunnelId)
                && java.security.MessageDigest.isEqual(secret, that.secret);
    }

    @Override
    public int hashCode() {
        return tunnelId.hashCode();
    }

    /** Returns the account and the id, never the secret. */
    @Override
    public String toString() {
        return "TunnelCredentials[account=" + accountTag + ", tunnel=" + tunnelId + "]";
    }
}
