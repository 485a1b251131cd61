package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.origin.handler.HandlerOriginProxy;
import dev.adit.tunnel.netty.origin.http2.Http2OriginProxy;
import dev.adit.tunnel.netty.origin.stream.StreamOriginProxy;

/** Chooses the proxy that serves an origin. */
public final class OriginProxies {

    private OriginProxies() {}

    /**
     * Makes the proxy for one rule. Reads {@link OriginOptions#caPool()}, so not for an event loop.
     *
     * @param origin an origin that {@link #isServed}
     * @param options how to talk to it
     * @param resources shared with the client's other origins
     * @return to be closed when the rule is gone
     * @throws TunnelException if the kind is not served, or the options cannot be used
     */
    public static OriginProxy of(Origin origin, OriginOptions options, OriginResources resources) {
        OriginProxy proxy = plain(origin, options, resources);
        return options.disableChunkedEncoding() && isReachedOverHttp(origin)
                ? new WholeBodyProxy(proxy, options, resources.received())
                : proxy;
    }

    private static boolean isReachedOverHttp(Origin origin) {
        return origin instanceof Origin.Http
                || origin instanceof Origin.Https
                || origin instanceof Origin.Unix
                || origin instanceof Origin.H2c;
    }

    private static OriginProxy plain(Origin origin, OriginOptions options, OriginResources resources) {
        if (origin instanceof Origin.Http http) {
            return new HttpOriginProxy(
                    new OriginDialer(new OriginAddress("http", http.host(), http.port()), options, resources));
        }
        if (origin instanceof Origin.Https https) {
            OriginDialer dialer =
                    new OriginDialer(new OriginAddress("https", https.host(), https.port()), options, resources);
            return options.http2Origin()
                    ? new Http2OriginProxy(dialer, resources.received())
                    : new HttpOriginProxy(dialer);
        }
        if (origin instanceof Origin.H2c h2c) {
            OriginAddress address = new OriginAddress("h2c", h2c.host(), h2c.port());
            return new Http2OriginProxy(new OriginDialer(address, options, resources), resources.received());
        }
        if (origin instanceof Origin.Unix unix) {
            OriginDialer dialer = new OriginDialer(OriginAddress.unix(unix.path(), unix.tls()), options, resources);
            return unix.tls() && options.http2Origin()
                    ? new Http2OriginProxy(dialer, resources.received())
                    : new HttpOriginProxy(dialer);
        }
        if (origin instanceof Origin.Status status) {
            return new StatusOriginProxy(status.status());
        }
        if (origin instanceof Origin.Handler handler) {
            return new HandlerOriginProxy(handler.handler(), options, resources.handlerExecutor());
        }
        if (origin instanceof Origin.AsyncHandler handler) {
            return new HandlerOriginProxy(handler.handler(), options, resources.handlerExecutor());
        }
        if (origin instanceof Origin.Tcp tcp) {
            return StreamOriginProxy.tcp(tcp, options, resources);
        }
        if (origin instanceof Origin.Bastion bastion) {
            return StreamOriginProxy.bastion(bastion.rules(), options, resources);
        }
        if (origin instanceof Origin.Socks socks) {
            return StreamOriginProxy.socks(socks.rules(), options, resources);
        }
        throw new TunnelException("Origin " + origin + " is of a kind that is not served yet: "
                + origin.getClass().getSimpleName()
                + ". Use http, https, unix, h2c, tcp, bastion, socks, status or a handler.");
    }

    /**
     * Tells whether {@link #of} takes this kind of origin.
     *
     * @param origin any origin
     * @return whether it is served
     */
    public static boolean isServed(Origin origin) {
        return origin instanceof Origin.Http
                || origin instanceof Origin.Https
                || origin instanceof Origin.H2c
                || origin instanceof Origin.Unix
                || origin instanceof Origin.Status
                || origin instanceof Origin.Tcp
                || origin instanceof Origin.Bastion
                || origin instanceof Origin.Socks
                || origin instanceof Origin.Handler
                || origin instanceof Origin.AsyncHandler;
    }
}
