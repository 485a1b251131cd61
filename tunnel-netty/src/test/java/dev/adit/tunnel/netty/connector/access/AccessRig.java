package dev.adit.tunnel.netty.connector.access;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The check before an origin that counts what it sees, on real event loops, with a clock of its own. */
final class AccessRig implements AutoCloseable {

    static final String TEAM = "team";
    static final String ISSUER = "https://team.cloudflareaccess.com";
    static final String AUD = "a1b2c3";

    private final EventLoops loops = EventLoops.owned("access-rig", 2);
    private final NameResolver resolver = new NameResolver();
    private final AtomicInteger reached = new AtomicInteger();
    private final TeamKeys keys;
    private final OriginProxy guarded;
    final AtomicLong clock = new AtomicLong(System.nanoTime());

    AccessRig(URI keyServer, Path caPool) {
        this(keyServer, caPool, Duration.ofSeconds(10));
    }

    AccessRig(URI keyServer, Path caPool, Duration limit) {
        this(keyServer, caPool, limit, AccessPolicy.required(TEAM, "other", AUD));
    }

    AccessRig(URI keyServer, Path caPool, Duration limit, AccessPolicy policy) {
        OriginResources resources = new OriginResources(loops.channel(), resolver, Runnable::run);
        OriginOptions options = OriginOptions.builder()
                .caPool(caPool)
                .connectTimeout(limit)
                .tlsTimeout(limit)
                .responseTimeout(limit)
                .build();
        keys = new TeamKeys(new HttpsKeyService(keyServer, options, limit, resources), clock::get);
        guarded = new GuardedProxy(new Counting(), new AccessCheck(ISSUER, policy.audTags(), keys));
    }

    int reached() {
        return reached.get();
    }

    void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    /** Sends a request with these tokens and waits for its end. */
    Outcome send(String... tokens) throws Exception {
        return begin(tokens).get(20, TimeUnit.SECONDS);
    }

    CompletableFuture<Outcome> begin(String... tokens) {
        Request request = new Request(true, tokens);
        return request.outcome;
    }

    @Override
    public void close() {
        guarded.close();
        keys.close();
        loops.close();
        resolver.close();
    }

    /** How a request ended: with a status and the body the origin got, or a failure. */
    record Outcome(int status, String body, @Nullable OriginFailure failure, String message) {}

    final class Request implements ResponseSink {
        final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        final AtomicInteger consumed = new AtomicInteger();
        private final EventLoop loop = loops.group().next();
        private @Nullable OriginCall call;

        Request(boolean complete, String... tokens) {
            Http2Headers headers = new DefaultHttp2Headers(false);
            for (String token : tokens) {
                headers.add("cf-access-jwt-assertion", token);
            }
            headers.add("cookie", "CF_Authorization=x");
            loop.execute(() -> {
                call = guarded.proxy(new ProxiedRequest("POST", "/", "app.test", headers, false, complete), this);
                call.flush();
            });
        }

        void data(String text, boolean end) {
            loop.execute(() -> call.data(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), end));
        }

        void trailers(String name, String value) {
            loop.execute(() -> call.trailers(new DefaultHttp2Headers(false).add(name, value)));
        }

        void cancel() throws Exception {
            loop.submit(() -> call.cancel()).get(10, TimeUnit.SECONDS);
        }

        @Override
        public EventLoop eventLoop() {
            return loop;
        }

        @Override
        public void interim(int status, HttpHeaders headers) {}

        @Override
        public void head(int status, HttpHeaders headers, boolean end) {
            outcome.complete(new Outcome(status, headers.get("body", ""), null, ""));
        }

        @Override
        public void data(ByteBuf data, boolean end) {
            data.release();
        }

        @Override
        public void trailers(HttpHeaders trailers) {}

        @Override
        public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
            outcome.complete(new Outcome(failure.status(), "", failure, message));
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void flush() {}

        @Override
        public void consumed(int bytes) {
            consumed.addAndGet(bytes);
        }
    }

    /** Answers 200 once the request is complete, telling what its body was. */
    private final class Counting implements OriginProxy {

        @Override
        public OriginCall proxy(ProxiedRequest request, ResponseSink response) {
            reached.incrementAndGet();
            StringBuilder body = new StringBuilder();
            if (request.endStream()) {
                response.head(200, EmptyHttpHeaders.INSTANCE, true);
            }
            return new OriginCall() {
                @Override
                public void data(ByteBuf data, boolean end) {
                    body.append(data.toString(StandardCharsets.US_ASCII));
                    data.release();
                    end(end);
                }

                @Override
                public void trailers(Http2Headers trailers) {
                    body.append(trailers.get("sum"));
                    end(true);
                }

                private void end(boolean end) {
                    if (end) {
                        response.head(
                                200,
                                new io.netty.handler.codec.http.DefaultHttpHeaders().add("body", body.toString()),
                                true);
                    }
                }

                @Override
                public void cancel() {}

                @Override
                public void writabilityChanged() {}

                @Override
                public void flush() {}
            };
        }

        @Override
        public void close() {}
    }
}
