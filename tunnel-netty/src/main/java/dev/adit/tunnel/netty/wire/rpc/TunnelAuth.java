package dev.adit.tunnel.netty.wire.rpc;

import java.security.MessageDigest;
import java.util.Objects;

/**
 * What a connector proves itself with: an account and the secret of a tunnel. Immutable. The secret appears neither in
 * {@link #toString} nor in any message, and it is compared in constant time.
 */
public final class TunnelAuth {

    private final String accountTag;
    private final byte[] tunnelSecret;

    /**
     * Holds the two values.
     *
     * @param accountTag the account's id, 32 hexadecimal digits at Cloudflare
     * @param tunnelSecret the tunnel's secret, at least 32 bytes at Cloudflare; copied
     */
    public TunnelAuth(String accountTag, byte[] tunnelSecret) {
        this.accountTag = Objects.requireNonNull(accountTag, "accountTag");
        this.tunnelSecret = tunnelSecret.clone();
    }

    /**
     * The account's id as the connector sent it.
     *
     * @return the tag, never null, possibly empty
     */
    public String accountTag() {
        return accountTag;
    }

    /**
     * The secret as the connector sent it.
     *
     * @return a copy, never null, possibly empty
     */
    public byte[] tunnelSecret() {
        return tunnelSecret.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TunnelAuth auth
                && accountTag.equals(auth.accountTag)
                && MessageDigest.isEqual(tunnelSecret, auth.tunnelSecret);
    }

    /** Leaves the secret out, so that a hash that gets logged says nothing about it. */
    @Override
    public int hashCode() {
        return accountTag.hashCode();
    }

    @Override
    public String toString() {
        return "TunnelAuth[accountTag=" + accountTag + ", tunnelSecret=***]";
    }
}
