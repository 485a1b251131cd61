package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.channel.socket.SocketChannel;
import java.util.concurrent.Executor;

/**
 * What all origins of one client share. Its owner closes the resolver and the executor after the proxies.
 *
 * @param channel the class of dialling sockets that fits the event loops
 * @param resolver turns names into addresses
 * @param handlerExecutor runs in-process handlers, never on an event loop
 */
public record OriginResources(
        Class<? extends SocketChannel> channel, NameResolver resolver, Executor handlerExecutor) {}
