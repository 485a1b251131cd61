package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Lets through to a proxy what a check allows. What it does not allow the proxy never sees. */
final class GuardedProxy implements OriginProxy {

    private final OriginProxy proxy;
    private final AccessCheck check;

    GuardedProxy(OriginProxy proxy, AccessCheck check) {
        this.proxy = proxy;
        this.check = check;
    }

    @Override
    public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
        EventLoop loop = response.eventLoop();
        CompletableFuture<@Nullable Void> allowed = check.allows(request.headers(), loop);
        if (allowed.isDone() && !allowed.isCompletedExceptionally()) {
            return proxy.proxy(request, response);
        }
        WaitingCall call = new WaitingCall(proxy, request, response);
        allowed.whenComplete((passed, failure) -> {
            if (loop.inEventLoop()) {
                call.decided(failure);
            } else {
                // The keys were fetched on the event loop of another request.
                loop.execute(() -> call.decided(failure));
            }
        });
        return call;
    }

    @Override
    public void close() {
        proxy.close();
    }
}
