package dev.adit.tunnel.netty.connector.access;

import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;

/** Where a team's keys come from. */
interface KeyService extends AutoCloseable {

    /**
     * Fetches the keys.
     *
     * @param loop where to do it; never blocked
     * @return completes within bounded time, exceptionally if the keys cannot be had
     */
    CompletableFuture<SigningKeys> fetch(EventLoop loop);

    @Override
    void close();
}
