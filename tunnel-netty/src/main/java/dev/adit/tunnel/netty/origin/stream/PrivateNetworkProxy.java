package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginAddress;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.spi.PrivateNetwork;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Serves private TCP streams: the stream's authority is the destination, an address and a port, and the stream is its
 * bytes, each direction of which ends for itself. No ingress rule is consulted; what may be reached is decided by a list of
 * its own. Source: cloudflared 2026.8.2, {@code proxy/proxy.go}, which has no list and ends both directions together.
 */
public final class PrivateNetworkProxy implements OriginProxy {

    private final Destinations allowed;
    private final OriginOptions options;
    private final OriginResources resources;
    private final long maxActive;
    private final AtomicLong active = new AtomicLong();

    /**
     * Makes the proxy of one tunnel.
     *
     * @param network what may be reached, and how
     * @param resources shared with the client's origins
     */
    public PrivateNetworkProxy(PrivateNetwork network, OriginResources resources) {
        this.allowed = new Destinations(network.rules());
        this.options = OriginOptions.builder()
                .connectTimeout(network.settings().connectTimeout())
                .tcpKeepAlive(network.settings().tcpKeepAlive())
                .build();
        this.resources = resources;
        this.maxActive = network.settings().maxActiveFlows();
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink sink) {
        @Nullable OriginAddress to = destination(request.authority());
        if (to == null) {
            return refuse(
                    request,
                    sink,
                    OriginFailure.REQUEST_INVALID,
                    "A private TCP stream names no IP address and port as its destination. The edge has to resolve names.");
        }
        if (!begins()) {
            return refuse(
                    request,
                    sink,
                    OriginFailure.FLOW_LIMIT_REACHED,
                    "A private TCP stream is one too many: " + maxActive
                            + " are open. Raise maxActiveFlows if the services behind them can serve more.");
        }
        StreamCall call = new StreamCall(sink, new RawSide(request, sink), active::decrementAndGet);
        call.connect(StreamOriginProxy.dialer(to, allowed, options, resources));
        if (request.endStream()) {
            call.data(Unpooled.EMPTY_BUFFER, true);
        }
        return call;
    }

    /** Counts a stream, if it may be opened. */
    private boolean begins() {
        long before = active.getAndUpdate(count -> maxActive == 0 || count < maxActive ? count + 1 : count);
        return maxActive == 0 || before < maxActive;
    }

    private static @Nullable OriginAddress destination(String authority) {
        @Nullable OriginAddress named = JumpDestination.of(List.of(authority));
        boolean literal =
                named != null && (NetUtil.isValidIpV4Address(named.host()) || NetUtil.isValidIpV6Address(named.host()));
        return literal ? named : null;
    }

    private static OriginCall refuse(ProxiedRequest request, ResponseSink sink, OriginFailure failure, String message) {
        StreamCall call = new StreamCall(sink, new RawSide(request, sink), () -> {});
        call.cancel();
        sink.fail(failure, message, null);
        return call;
    }

    /** Does nothing: nothing is kept between streams. */
    @Override
    public void close() {}
}
