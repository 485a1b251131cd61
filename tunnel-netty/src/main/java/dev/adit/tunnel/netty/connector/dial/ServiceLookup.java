package dev.adit.tunnel.netty.connector.dial;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks for SRV records. */
interface ServiceLookup {

    /**
     * Asks.
     *
     * @param name of the service
     * @param loop may be used for the question
     * @return completes on any thread, with at least one record; exceptionally when there is none or nobody answers
     */
    CompletableFuture<List<ServiceRecord>> find(String name, EventLoop loop);
}
