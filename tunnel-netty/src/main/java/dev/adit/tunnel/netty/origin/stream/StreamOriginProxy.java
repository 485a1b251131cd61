package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginAddress;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginDialer;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Serves a rule from a TCP service: the visitor's WebSocket carries its bytes. Requests that are none are answered 426.
 * Source: cloudflared 2026.8.2, {@code ingress/origin_proxy.go}.
 */
public final class StreamOriginProxy implements OriginProxy {

    /** Nine tenths of the minute after which cloudflared's client side takes silence for death. */
    static final Duration PING_EVERY = Duration.ofSeconds(54);

    private final Duration pingEvery;
    private final Way way;

    /** How a request finds its destination. */
    private interface Way {
        void start(ProxiedRequest request, ResponseSink sink, StreamCall call);
    }

    private StreamOriginProxy(Duration pingEvery, Way way) {
        this.pingEvery = pingEvery;
        this.way = way;
    }

    /**
     * Serves one service.
     *
     * @param origin where it listens
     * @param options its rule's
     * @param resources shared with the client's other origins
     * @return the proxy
     */
    public static OriginProxy tcp(Origin.Tcp origin, OriginOptions options, OriginResources resources) {
        return tcp(origin, options, resources, PING_EVERY);
    }

    /**
     * Serves one service.
     *
     * @param origin where it listens
     * @param options its rule's
     * @param resources shared with the client's other origins
     * @param pingEvery how often the visitor is sent a ping
     * @return the proxy
     */
    public static OriginProxy tcp(
            Origin.Tcp origin, OriginOptions options, OriginResources resources, Duration pingEvery) {
        if (origin.port() == 0) {
            return new StreamOriginProxy(
                    pingEvery,
                    (request, sink, call) -> refuse(
                            sink, call, OriginFailure.CONNECT_FAILED, "Origin " + origin + " has no port. Add it."));
        }
        OriginDialer dialer =
                new OriginDialer(new OriginAddress(origin.scheme(), origin.host(), origin.port()), options, resources);
        boolean socks = options.proxyType() == OriginOptions.ProxyType.SOCKS;
        return new StreamOriginProxy(pingEvery, (request, sink, call) -> {
            if (socks) {
                call.connectThenSocks(dialer);
            } else {
                call.connect(dialer);
            }
        });
    }

    /**
     * Serves the destinations that visitors name in {@code Cf-Access-Jump-Destination}.
     *
     * @param rules which of them
     * @param options the rule's
     * @param resources shared with the client's other origins
     * @return the proxy
     */
    public static OriginProxy bastion(List<IpRule> rules, OriginOptions options, OriginResources resources) {
        Destinations allowed = new Destinations(rules);
        return new StreamOriginProxy(PING_EVERY, (request, sink, call) -> {
            @Nullable OriginAddress to = JumpDestination.of(request.headers().getAll(JumpDestination.HEADER));
            if (to == null) {
                refuse(
                        sink,
                        call,
                        OriginFailure.CONNECT_FAILED,
                        "The request names no destination. Send one header Cf-Access-Jump-Destination: host:port.");
            } else {
                call.connect(dialer(to, allowed, options, resources));
            }
        });
    }

    /**
     * Serves the destinations that visitors ask for by SOCKS5.
     *
     * @param rules which of them
     * @param options the rule's
     * @param resources shared with the client's other origins
     * @return the proxy
     */
    public static OriginProxy socks(List<IpRule> rules, OriginOptions options, OriginResources resources) {
        Destinations allowed = new Destinations(rules);
        return new StreamOriginProxy(
                PING_EVERY,
                (request, sink, call) -> call.socksThenConnect(
                        (host, port) -> dialer(new OriginAddress("tcp", host, port), allowed, options, resources)));
    }

    static OriginDialer dialer(
            OriginAddress to, Destinations allowed, OriginOptions options, OriginResources resources) {
        return new OriginDialer(
                to, options, resources.forVisitorsNames(), addresses -> allowed.allowed(addresses, to.port()));
    }

    private static void refuse(ResponseSink sink, StreamCall call, OriginFailure failure, String message) {
        call.cancel();
        sink.fail(failure, message, null);
        sink.flush();
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink sink) {
        if (NotWebSocket.isSo(request)) {
            return NotWebSocket.answer(sink);
        }
        StreamCall call = new StreamCall(sink, new WebSocketSide(request, sink, pingEvery), () -> {});
        way.start(request, sink, call);
        return call;
    }

    /** Does nothing: nothing is kept between requests. */
    @Override
    public void close() {}
}
