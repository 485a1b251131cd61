package dev.adit.tunnel.netty.connector.access;

import com.nimbusds.jose.JWSVerifier;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.wire.LogText;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one team, fetched when a token first needs one and kept. One fetch runs at a time, whoever waits for it.
 * An unknown key id leads to at most one fetch in 30 s, so that forged tokens cannot make us flood the key service. Keys
 * older than an hour are fetched anew beside the requests; while the key service is down the old ones are used. Safe for
 * use by several threads.
 */
final class TeamKeys implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TeamKeys.class);

    private static final Duration FRESH_FOR = Duration.ofHours(1);
    private static final Duration BETWEEN_FETCHES = Duration.ofSeconds(30);
    private static final Duration WITHOUT_KEYS = Duration.ofSeconds(5);

    private final KeyService service;
    private final LongSupplier nanos;

    private volatile @Nullable SigningKeys keys;
    private @Nullable CompletableFuture<SigningKeys> running;
    private boolean asked;
    private long askedAt;
    private volatile long fetchedAt;
    private @Nullable String failure;

    TeamKeys(KeyService service, LongSupplier nanos) {
        this.service = service;
        this.nanos = nanos;
    }

    /**
     * Finds a key, asking the team's key service if need be.
     *
     * @param keyId any text
     * @param loop where to ask
     * @return completes with the key, at once if it is known; exceptionally with an {@link OriginException} if there is
     *     no such key or none can be had. May complete on another event loop
     */
    CompletableFuture<JWSVerifier> find(String keyId, EventLoop loop) {
        SigningKeys known = keys;
        JWSVerifier key = known == null ? null : known.find(keyId);
        if (key != null) {
            if (nanos.getAsLong() - fetchedAt > FRESH_FOR.toNanos()) {
                fetchIfDue(loop);
            }
            return CompletableFuture.completedFuture(key);
        }
        CompletableFuture<SigningKeys> fetch = fetchIfDue(loop);
        if (fetch == null) {
            return CompletableFuture.failedFuture(missing(keyId));
        }
        return fetch.handle((fetched, failed) -> {
                    JWSVerifier found = fetched == null ? null : fetched.find(keyId);
                    return found == null
                            ? CompletableFuture.<JWSVerifier>failedFuture(missing(keyId))
                            : CompletableFuture.completedFuture(found);
                })
                .thenCompose(result -> result);
    }

    /** Returns the fetch that runs or is begun, or null if it is too early for another. */
    private @Nullable CompletableFuture<SigningKeys> fetchIfDue(EventLoop loop) {
        CompletableFuture<SigningKeys> begun;
        synchronized (this) {
            if (running != null) {
                return running;
            }
            Duration pause = keys == null ? WITHOUT_KEYS : BETWEEN_FETCHES;
            if (asked && nanos.getAsLong() - askedAt < pause.toNanos()) {
                return null;
            }
            asked = true;
            askedAt = nanos.getAsLong();
            begun = new CompletableFuture<>();
            running = begun;
        }
        service.fetch(loop).whenComplete((fetched, failed) -> ended(begun, fetched, failed));
        return begun;
    }

    private void ended(
            CompletableFuture<SigningKeys> fetch, @Nullable SigningKeys fetched, @Nullable Throwable failed) {
        synchronized (this) {
            running = null;
            if (fetched == null) {
                failure = OriginException.text(failed);
                LOG.warn(
                        "The Access keys of {} cannot be fetched: {}.{}",
                        service,
                        failure,
                        keys == null ? "" : " The keys fetched before stay in use.");
            } else {
                failure = null;
                keys = fetched;
                fetchedAt = nanos.getAsLong();
            }
        }
        if (fetched == null) {
            fetch.completeExceptionally(failed == null ? new IllegalStateException("no keys") : failed);
        } else {
            fetch.complete(fetched);
        }
    }

    /** A key that is not among the team's is the token's fault, unless the team's keys could not be looked at. */
    private synchronized OriginException missing(String keyId) {
        if (failure != null) {
            return new OriginException(
                    OriginFailure.ACCESS_KEYS_UNAVAILABLE,
                    "The Access token cannot be checked, as the keys of " + service + " cannot be fetched: " + failure
                            + ". Check that this machine reaches that address, and the rule's teamName.",
                    null);
        }
        return new OriginException(
                OriginFailure.ACCESS_DENIED,
                "The Access token names the key '" + LogText.safe(keyId) + "', which is none of " + service + ".",
                null);
    }

    @Override
    public void close() {
        service.close();
    }
}
