package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.origin.handler.HandlerOriginProxy;
import dev.adit.tunnel.netty.origin.hello.HelloWorld;
import dev.adit.tunnel.netty.origin.http2.Http2OriginProxy;
import dev.adit.tunnel.netty.origin.pool.PoolProxy;
import dev.adit.tunnel.netty.origin.stream.StreamOriginProxy;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the proxy that serves an origin: one line for each kind of origin, and a method where there is a choice. */
public final class OriginProxies {

    private static final Map<Class<? extends Origin>, Maker<Origin>> MAKERS = Map.ofEntries(
            kind(
                    Origin.Http.class,
                    (http, options, resources) ->
                            http(new OriginAddress("http", http.host(), http.port()), options, resources)),
            kind(
                    Origin.Https.class,
                    (https, options, resources) ->
                            http(new OriginAddress("https", https.host(), https.port()), options, resources)),
            kind(
                    Origin.H2c.class,
                    (h2c, options, resources) ->
                            http(new OriginAddress("h2c", h2c.host(), h2c.port()), options, resources)),
            kind(
                    Origin.Unix.class,
                    (unix, options, resources) ->
                            http(OriginAddress.unix(unix.path(), unix.tls()), options, resources)),
            kind(Origin.Tcp.class, StreamOriginProxy::tcp),
            kind(
                    Origin.Bastion.class,
                    (bastion, options, resources) -> StreamOriginProxy.bastion(bastion.rules(), options, resources)),
            kind(
                    Origin.Socks.class,
                    (socks, options, resources) -> StreamOriginProxy.socks(socks.rules(), options, resources)),
            kind(
                    Origin.Pool.class,
                    (pool, options, resources) -> new PoolProxy(pool, member -> of(member, options, resources))),
            kind(Origin.Status.class, (status, options, resources) -> new StatusOriginProxy(status.status())),
            kind(
                    Origin.Handler.class,
                    (origin, options, resources) ->
                            new HandlerOriginProxy(origin.handler(), options, resources.handlerExecutor())),
            kind(
                    Origin.AsyncHandler.class,
                    (origin, options, resources) ->
                            new HandlerOriginProxy(origin.handler(), options, resources.handlerExecutor())),
            kind(
                    Origin.HelloWorld.class,
                    (origin, options, resources) -> new HandlerOriginProxy(
                            new HelloWorld(Instant.now()), options, resources.handlerExecutor())));

    /** Makes proxies for one kind of origin. */
    @FunctionalInterface
    private interface Maker<O extends Origin> {
        OriginProxy make(O origin, OriginOptions options, OriginResources resources);
    }

    private OriginProxies() {}

    private static <O extends Origin> Map.Entry<Class<? extends Origin>, Maker<Origin>> kind(
            Class<O> kind, Maker<O> maker) {
        return Map.entry(kind, (origin, options, resources) -> maker.make(kind.cast(origin), options, resources));
    }

    /** The kinds that can be served. */
    static Set<Class<? extends Origin>> kinds() {
        return MAKERS.keySet();
    }

    /**
     * Makes the proxy for one rule. Reads {@link OriginOptions#caPool()}, so not for an event loop.
     *
     * @param origin any origin
     * @param options how to talk to it
     * @param resources shared with the client's other origins
     * @return to be closed when the rule is gone
     * @throws TunnelException if the options cannot be used
     */
    public static OriginProxy of(Origin origin, OriginOptions options, OriginResources resources) {
        @Nullable Maker<Origin> maker = MAKERS.get(origin.getClass());
        if (maker == null) {
            throw new IllegalStateException("No proxy for " + origin.getClass() + ": add a line above.");
        }
        return maker.make(origin, options, resources);
    }

    /** The protocol is HTTP/2 where there is no other, or where it is allowed to offer it in TLS. */
    private static OriginProxy http(OriginAddress address, OriginOptions options, OriginResources resources) {
        OriginDialer dialer = new OriginDialer(address, options, resources);
        boolean http2 = address.tls() ? options.http2Origin() : address.scheme().equals("h2c");
        OriginProxy proxy = http2 ? new Http2OriginProxy(dialer, resources.received()) : new HttpOriginProxy(dialer);
        return options.disableChunkedEncoding() ? new WholeBodyProxy(proxy, options, resources.received()) : proxy;
    }
}
