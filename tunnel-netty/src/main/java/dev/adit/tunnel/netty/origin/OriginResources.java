package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import io.netty.channel.socket.SocketChannel;
import java.util.concurrent.Executor;

/**
 * What all origins of one client share. Its owner closes the resolvers and the executor after the proxies.
 *
 * @param channel the class of dialling sockets that fits the event loops
 * @param resolver turns names into addresses
 * @param visitorsResolver does so for names that visitors choose, so that slow ones hold up no other origin
 * @param handlerExecutor runs in-process handlers, never on an event loop
 * @param received bounds what has come from HTTP/2 origins and waits for visitors
 */
public record OriginResources(
        Class<? extends SocketChannel> channel,
        NameResolver resolver,
        NameResolver visitorsResolver,
        Executor handlerExecutor,
        ReceiveBudget received) {

    /**
     * Returns the same for destinations that visitors name.
     *
     * @return with the visitors' resolver as the only one
     */
    public OriginResources forVisitorsNames() {
        return new OriginResources(channel, visitorsResolver, visitorsResolver, handlerExecutor, received);
    }

    /**
     * Brings a budget that is fit for this JVM.
     *
     * @param channel the class of dialling sockets that fits the event loops
     * @param resolver turns names into addresses
     * @param visitorsResolver does so for names that visitors choose
     * @param handlerExecutor runs in-process handlers, never on an event loop
     */
    public OriginResources(
            Class<? extends SocketChannel> channel,
            NameResolver resolver,
            NameResolver visitorsResolver,
            Executor handlerExecutor) {
        this(channel, resolver, visitorsResolver, handlerExecutor, ReceiveBudget.forThisJvm());
    }

    /**
     * Resolves all names in one way, and brings a budget that is fit for this JVM.
     *
     * @param channel the class of dialling sockets that fits the event loops
     * @param resolver turns names into addresses, those that visitors choose too
     * @param handlerExecutor runs in-process handlers, never on an event loop
     */
    public OriginResources(Class<? extends SocketChannel> channel, NameResolver resolver, Executor handlerExecutor) {
        this(channel, resolver, resolver, handlerExecutor);
    }
}
