package dev.adit.tunnel.netty;

import dev.adit.tunnel.netty.connector.event.TunnelEvents;
import dev.adit.tunnel.netty.connector.status.TunnelCounts;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.handler.HandlerExecutors;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.spi.TunnelSettings;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one tunnel, its own or borrowed.
 *
 * @param loops where connections live
 * @param resolver resolves names, on threads of its own
 * @param visitorsResolver resolves the names that visitors choose, likewise
 * @param handlers where handlers run, our own threads or the application's
 * @param origin what origins need of them
 * @param events delivers events
 * @param counts counts them for the status listener, null without one
 */
record TunnelResources(
        EventLoops loops,
        NameResolver resolver,
        NameResolver visitorsResolver,
        HandlerExecutors handlers,
        OriginResources origin,
        TunnelEvents events,
        @Nullable TunnelCounts counts)
        implements AutoCloseable {

    static TunnelResources of(TunnelSettings settings) {
        EventLoops loops = settings.eventLoops() == null
                ? EventLoops.owned("adit-connector", Runtime.getRuntime().availableProcessors())
                : EventLoops.borrowed(settings.eventLoops());
        NameResolver resolver = new NameResolver();
        NameResolver visitorsResolver = new NameResolver();
        Executor lent = settings.handlerExecutor();
        HandlerExecutors handlers = lent == null ? HandlerExecutors.ownThreads() : HandlerExecutors.borrowed(lent);
        TunnelCounts counts = settings.statusListener() == null ? null : new TunnelCounts();
        return new TunnelResources(
                loops,
                resolver,
                visitorsResolver,
                handlers,
                new OriginResources(loops.channel(), resolver, visitorsResolver, handlers),
                new TunnelEvents(settings.listeners(), counts),
                counts);
    }

    @Override
    public void close() {
        events.close();
        handlers.close();
        resolver.close();
        visitorsResolver.close();
        loops.close();
    }
}
