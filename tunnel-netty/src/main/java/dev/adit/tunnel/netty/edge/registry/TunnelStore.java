package dev.adit.tunnel.netty.edge.registry;

import dev.adit.tunnel.TunnelCredentials;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tunnels of one edge, in memory. Of a secret only a SHA-256 digest is kept, and compared in constant time; an unknown
 * tunnel costs the same work and gives the same answer as a wrong secret. Safe for use by several threads.
 */
public final class TunnelStore {

    private static final byte[] NO_DIGEST = new byte[32];

    private final Map<UUID, Entry> tunnels = new ConcurrentHashMap<>();

    /** Makes an empty store. */
    public TunnelStore() {}

    /**
     * Adds a tunnel, or replaces one of the same id.
     *
     * @param credentials what its connectors register with
     * @param name for people
     */
    public void add(TunnelCredentials credentials, String name) {
        StoredTunnel tunnel = new StoredTunnel(credentials.tunnelId(), credentials.accountTag(), name);
        tunnels.put(tunnel.id(), new Entry(tunnel, digest(credentials.accountTag(), credentials.secret())));
    }

    /**
     * Removes a tunnel.
     *
     * @param id an unknown one is ignored
     * @return whether it was there
     */
    public boolean remove(UUID id) {
        return tunnels.remove(id) != null;
    }

    /**
     * Tells whether a tunnel is known.
     *
     * @param id a tunnel's
     * @return whether it was added and not removed
     */
    public boolean contains(UUID id) {
        return tunnels.containsKey(id);
    }

    /**
     * Checks what a connector says.
     *
     * @param id the tunnel it wants to serve
     * @param accountTag the account it names
     * @param secret the secret it shows
     * @return the tunnel, or null if any of the three is wrong
     */
    public @Nullable StoredTunnel authenticate(UUID id, String accountTag, byte[] secret) {
        Entry entry = tunnels.get(id);
        boolean same = MessageDigest.isEqual(entry == null ? NO_DIGEST : entry.digest, digest(accountTag, secret));
        return same && entry != null ? entry.tunnel : null;
    }

    private static byte[] digest(String accountTag, byte[] secret) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] account = accountTag.getBytes(StandardCharsets.UTF_8);
            sha256.update((byte) (account.length >>> 8));
            sha256.update((byte) account.length);
            sha256.update(account);
            return sha256.digest(secret);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static final class Entry {
        private final StoredTunnel tunnel;
        private final byte[] digest;

        Entry(StoredTunnel tunnel, byte[] digest) {
            this.tunnel = tunnel;
            this.digest = digest;
        }
    }
}
