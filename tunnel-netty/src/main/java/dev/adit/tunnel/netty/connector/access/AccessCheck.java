package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginException;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What one rule asks of a request: a token of its team for one of its applications. */
final class AccessCheck {

    /** The only place a token is looked for; the cookie of the same content is for the edge. */
    private static final AsciiString HEADER = AsciiString.cached("cf-access-jwt-assertion");

    private final String issuer;
    private final List<String> audTags;
    private final @Nullable TeamKeys keys;

    /**
     * Makes the check of one rule.
     *
     * @param issuer the team, as tokens name it
     * @param audTags the applications
     * @param keys the team's; null if there is no team, so that no token can be good
     */
    AccessCheck(String issuer, List<String> audTags, @Nullable TeamKeys keys) {
        this.issuer = issuer;
        this.audTags = audTags;
        this.keys = keys;
    }

    /**
     * Decides on a request.
     *
     * @param headers its headers
     * @param loop its event loop
     * @return completes if it may pass, at once if the keys are known; else exceptionally with an {@link OriginException}
     */
    CompletableFuture<@Nullable Void> allows(Http2Headers headers, EventLoop loop) {
        try {
            AccessToken token = AccessToken.read(only(headers.getAll(HEADER)));
            if (keys == null || audTags.isEmpty()) {
                throw denied("The rule names no team or no audTag, so that no Access token is good. Set both.");
            }
            return keys.find(token.keyId(), loop).thenCompose(key -> {
                try {
                    token.check(key, issuer, audTags, Instant.now());
                    return CompletableFuture.completedFuture(null);
                } catch (OriginException e) {
                    return CompletableFuture.failedFuture(e);
                }
            });
        } catch (OriginException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Two tokens may be read differently here and behind us, so that only one will do. */
    private static String only(List<CharSequence> values) throws OriginException {
        if (values.size() == 1 && !values.get(0).isEmpty()) {
            return values.get(0).toString();
        }
        throw denied(
                values.size() > 1
                        ? "The request has several Access tokens."
                        : "The request has no Access token. Is an Access application set up for this host name?");
    }

    private static OriginException denied(String message) {
        return new OriginException(OriginFailure.ACCESS_DENIED, message, null);
    }
}
