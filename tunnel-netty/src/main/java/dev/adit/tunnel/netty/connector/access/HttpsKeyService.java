package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginProxies;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A team's key service, asked by HTTPS with the certificate verified, on the event loop of the request that needs a key.
 * It is an origin like any other, so dialling, TLS and HTTP are the origins' own. Keeps no connection.
 */
final class HttpsKeyService implements KeyService {

    private static final int HTTPS_PORT = 443;

    private final String authority;
    private final String path;
    private final Duration limit;
    private final OriginProxy proxy;

    /**
     * Makes one; nothing is opened yet.
     *
     * @param uri an https address
     * @param options whom to trust, and the limits of each step
     * @param limit until when a fetch must be complete
     * @param resources what origins need
     */
    HttpsKeyService(URI uri, OriginOptions options, Duration limit, OriginResources resources) {
        this.authority = uri.getRawAuthority();
        this.path = uri.getRawPath();
        this.limit = limit;
        this.proxy = OriginProxies.of(
                Origin.https(uri.getHost(), uri.getPort() < 0 ? HTTPS_PORT : uri.getPort()),
                options.toBuilder().keepAliveConnections(0).build(),
                resources);
    }

    @Override
    public CompletableFuture<SigningKeys> fetch(EventLoop loop) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .add(HttpHeaderNames.ACCEPT, HttpHeaderValues.APPLICATION_JSON)
                .add(HttpHeaderNames.USER_AGENT, "adit");
        ProxiedRequest request = new ProxiedRequest("GET", path, authority, headers, false, true);
        KeyFetch fetch = new KeyFetch(loop, limit);
        loop.execute(() -> fetch.begin(proxy, request));
        return fetch.keys();
    }

    @Override
    public void close() {
        proxy.close();
    }

    @Override
    public String toString() {
        return "https://" + authority + path;
    }
}
