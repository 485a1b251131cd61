package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** A proxy on a real event loop, driven as the connector drives it: calls and then a flush for each batch. */
final class ProxyRig implements AutoCloseable {

    private final EventLoops loops = EventLoops.owned("rig", 1);
    private final EventLoop loop = loops.group().next();
    private final NameResolver resolver;
    private final OriginProxy proxy;

    ProxyRig(Origin origin, OriginOptions options) {
        this(origin, options, new NameResolver());
    }

    ProxyRig(Origin origin, OriginOptions options, NameResolver resolver) {
        this(resolver, resources -> OriginProxies.of(origin, options, resources));
    }

    ProxyRig(NameResolver resolver, Function<OriginResources, OriginProxy> maker) {
        this.resolver = resolver;
        proxy = maker.apply(new OriginResources(loops.channel(), resolver, Runnable::run));
    }

    static ProxyRig http(ScriptedOrigin origin) {
        return new ProxyRig(Origin.http("127.0.0.1", origin.port()), OriginOptions.defaults());
    }

    OriginProxy proxy() {
        return proxy;
    }

    static Http2Headers headers(String... namesAndValues) {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    /** A request without body; waits for nothing. */
    Call get(String target, String... headers) {
        return start("GET", target, true, headers);
    }

    Call start(String method, String target, boolean endStream, String... headers) {
        return start(new ProxiedRequest(method, target, "app.test", headers(headers), false, endStream));
    }

    Call webSocket(String... headers) {
        return start(new ProxiedRequest("GET", "/ws", "app.test", headers(headers), true, false));
    }

    Call start(ProxiedRequest request) {
        return new Call(request);
    }

    /** Runs on the event loop and waits for it. */
    void onLoop(Runnable task) {
        try {
            loop.submit(task).get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        proxy.close();
        loops.close();
        resolver.close();
    }

    /** One request and what came of it. */
    final class Call {
        final RecordingSink sink = new RecordingSink(loop);
        private OriginCall call;

        Call(ProxiedRequest request) {
            onLoop(() -> call = proxy.proxy(request, sink));
        }

        Call batch(Consumer<OriginCall> actions) {
            onLoop(() -> {
                actions.accept(call);
                call.flush();
            });
            return this;
        }

        Call data(String text, boolean end) {
            return batch(c -> c.data(bytes(text), end));
        }

        Call trailers(String... headers) {
            return batch(c -> c.trailers(headers(headers)));
        }

        Call cancel() {
            onLoop(() -> call.cancel());
            return this;
        }

        /** Makes the sink full after every so many bytes, for one turn of the loop. */
        Call pauseEvery(int bytes) {
            onLoop(() -> sink.pauseEvery(bytes, () -> call.writabilityChanged()));
            return this;
        }

        Call writable(boolean writable) {
            onLoop(() -> {
                sink.setWritable(writable);
                call.writabilityChanged();
            });
            return this;
        }

        RecordingSink end() throws InterruptedException {
            return sink.awaitEnd();
        }
    }

    static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }
}
