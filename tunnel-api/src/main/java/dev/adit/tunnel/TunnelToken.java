package dev.adit.tunnel;

import dev.adit.tunnel.spi.TunnelClientProvider;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel's credentials in one line, as {@code cloudflared tunnel token} prints them: standard base64 of a JSON object
 * with account {@code a}, tunnel id {@code t}, secret {@code s} and, optionally, region {@code e}. Immutable;
 * {@link #toString()} never shows the secret.
 */
public final class TunnelToken {

    private final TunnelCredentials credentials;
    private final @Nullable String endpoint;

    private TunnelToken(TunnelCredentials credentials, @Nullable String endpoint) {
        this.credentials = credentials;
        this.endpoint = endpoint;
    }

    /**
     * Reads a token.
     *
     * @param text the token; white space around it is ignored
     * @return the token
     * @throws TunnelException if it is not a token; the message does not repeat it
     */
    public static TunnelToken parse(String text) {
        Map<String, String> values;
        try {
            values = TunnelClientProvider.load()
                    .readStrings(new String(Base64.getDecoder().decode(text.strip()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            // The cause is left out: its message may repeat a part of the token.
            throw new TunnelException("The tunnel token is not valid: it is not base64 of a JSON object. "
                    + "Copy it whole, as 'cloudflared tunnel token NAME' prints it.");
        }
        String endpoint = values.get("e");
        return new TunnelToken(
                TunnelCredentials.decode("The tunnel token", values, "a", "t", "s")
                        .in(endpoint),
                endpoint == null || endpoint.isEmpty() ? null : endpoint);
    }

    static TunnelToken of(TunnelCredentials credentials) {
        return new TunnelToken(credentials, credentials.region().orElse(null));
    }

    /**
     * Returns what the token holds.
     *
     * @return the credentials
     */
    public TunnelCredentials credentials() {
        return credentials;
    }

    /**
     * Returns the region the token is bound to.
     *
     * @return the region, such as {@code us}; empty for the whole network
     */
    public Optional<String> endpoint() {
        return Optional.ofNullable(endpoint);
    }

    /**
     * Returns the token's text, secret included. Keep it out of logs.
     *
     * @return one line
     */
    public String reveal() {
        String secret = Base64.getEncoder().encodeToString(credentials.secret());
        String json = "{\"a\":\"" + credentials.accountTag() + "\",\"t\":\"" + credentials.tunnelId() + "\",\"s\":\""
                + secret + "\"" + (endpoint == null ? "" : ",\"e\":\"" + endpoint + "\"") + "}";
        return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the tunnel's id, never the secret. */
    @Override
    public String toString() {
        return "TunnelToken[tunnel=" + credentials.tunnelId() + "]";
    }
}
