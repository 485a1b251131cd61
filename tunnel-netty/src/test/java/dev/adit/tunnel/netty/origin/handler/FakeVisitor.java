package dev.adit.tunnel.netty.origin.handler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginProxy;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A visitor of one request, played by a test: sends the request, takes as much of the response as it likes, and remembers
 * what it saw. Methods of the sink insist on the event loop; the others are for the test's thread.
 */
final class FakeVisitor implements ResponseSink {
    private static final int PATIENCE_SECONDS = 30;

    private final EventLoop loop;
    private final DefaultHttp2Headers headers = new DefaultHttp2Headers(false);
    private final CompletableFuture<Integer> head = new CompletableFuture<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final List<String> events = new ArrayList<>();
    private String method = "GET";
    private String target = "/";
    private boolean webSocket;
    private @Nullable OriginCall call;
    private @Nullable HttpHeaders responseHeaders;
    private HeaderFields trailers = HeaderFields.empty();
    private @Nullable OriginFailure failure;
    private @Nullable String failureMessage;
    private boolean over;
    private long window = Long.MAX_VALUE;
    private long taken;
    private int credit;
    private int flushes;
    private int unflushed;

    FakeVisitor(EventLoop loop) {
        this.loop = loop;
        headers.add("host", "app.test");
        headers.add("cf-ray", "1-TST");
    }

    FakeVisitor asks(String newMethod, String newTarget) {
        method = newMethod;
        target = newTarget;
        return this;
    }

    FakeVisitor with(String name, String value) {
        headers.add(name, value);
        return this;
    }

    FakeVisitor forWebSocket() {
        webSocket = true;
        return with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").with("sec-websocket-version", "13");
    }

    /** Takes that many bytes of the body and no more until {@link #takes} again. */
    FakeVisitor takes(long bytes) {
        onLoop(() -> {
            window = bytes;
            if (call != null) {
                call.writabilityChanged();
            }
        });
        return this;
    }

    FakeVisitor calls(OriginProxy proxy) {
        return begins(proxy, true);
    }

    FakeVisitor begins(OriginProxy proxy, boolean complete) {
        onLoop(() ->
                call = proxy.proxy(new ProxiedRequest(method, target, "app.test", headers, webSocket, complete), this));
        return this;
    }

    FakeVisitor sends(String text, boolean complete) {
        return sends(text.getBytes(StandardCharsets.UTF_8), complete);
    }

    FakeVisitor sends(byte[] bytes, boolean complete) {
        ByteBuf data = PooledByteBufAllocator.DEFAULT
                .directBuffer(Math.max(1, bytes.length))
                .writeBytes(bytes);
        loop.execute(() -> {
            call().data(data, complete);
            call().flush();
        });
        return this;
    }

    FakeVisitor sendsTrailer(String name, String value) {
        loop.execute(() -> call().trailers(new DefaultHttp2Headers(false).add(name, value)));
        return this;
    }

    /** Goes away: as the contract has it, the sink is dead from now on. */
    FakeVisitor leaves() {
        onLoop(() -> {
            over = true;
            call().cancel();
        });
        return this;
    }

    private OriginCall call() {
        assertThat(call).isNotNull();
        return call;
    }

    int status() {
        return get(head);
    }

    /** Waits for the end and insists that it was a good one. */
    FakeVisitor completes() {
        get(end);
        onLoop(() -> assertThat(failure).as(failureMessage).isNull());
        return this;
    }

    /** Waits for the failure. */
    OriginFailure fails() {
        get(end);
        onLoop(() -> assertThat(failure).isNotNull());
        return failure;
    }

    String failureMessage() {
        return String.valueOf(failureMessage);
    }

    boolean isOver() {
        return end.isDone();
    }

    String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        CompletableFuture<byte[]> copy = new CompletableFuture<>();
        loop.execute(() -> copy.complete(body.toByteArray()));
        return get(copy);
    }

    /** Interim responses and the head, in order, as short texts. */
    List<String> events() {
        CompletableFuture<List<String>> copy = new CompletableFuture<>();
        loop.execute(() -> copy.complete(List.copyOf(events)));
        return get(copy);
    }

    HttpHeaders headers() {
        status();
        assertThat(responseHeaders).isNotNull();
        return responseHeaders;
    }

    HeaderFields trailers() {
        return trailers;
    }

    int credit() {
        CompletableFuture<Integer> copy = new CompletableFuture<>();
        loop.execute(() -> copy.complete(credit));
        return get(copy);
    }

    long taken() {
        CompletableFuture<Long> copy = new CompletableFuture<>();
        loop.execute(() -> copy.complete(taken));
        return get(copy);
    }

    /** Waits until something holds, looking at it on the event loop each turn. */
    void waitsFor(BooleanSupplier condition) {
        CompletableFuture<Void> met = new CompletableFuture<>();
        loop.execute(() -> look(condition, met));
        get(met);
    }

    void waitsForBytes(int bytes) {
        waitsFor(() -> body.size() >= bytes);
    }

    void waitsForCredit(int bytes) {
        waitsFor(() -> credit >= bytes);
    }

    private void look(BooleanSupplier condition, CompletableFuture<Void> met) {
        if (condition.getAsBoolean()) {
            met.complete(null);
        } else if (!met.isDone()) {
            loop.schedule(() -> look(condition, met), 1, TimeUnit.MILLISECONDS);
        }
    }

    private void onLoop(Runnable task) {
        get(CompletableFuture.runAsync(task, loop));
    }

    static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public void interim(int status, HttpHeaders fields) {
        onLoopOnly();
        if (!over) {
            events.add("interim " + status + " " + fields.entries());
        }
    }

    @Override
    public void head(int status, HttpHeaders fields, boolean last) {
        onLoopOnly();
        if (over) {
            return;
        }
        assertThat(head).isNotDone();
        responseHeaders = fields;
        events.add("head " + status);
        unflushed++;
        head.complete(status);
        over(last);
    }

    @Override
    public void data(ByteBuf data, boolean last) {
        onLoopOnly();
        try {
            if (over) {
                return;
            }
            assertThat(head).isDone();
            int bytes = data.readableBytes();
            assertThat(bytes == 0 || isWritable())
                    .as("written while not writable")
                    .isTrue();
            window -= window == Long.MAX_VALUE ? 0 : bytes;
            taken += bytes;
            unflushed++;
            if (body.size() < 4 * 1024 * 1024) {
                body.writeBytes(ByteBufUtil.getBytes(data));
            }
            over(last);
        } finally {
            data.release();
        }
    }

    @Override
    public void trailers(HttpHeaders fields) {
        onLoopOnly();
        if (!over) {
            List<HeaderFields.Field> copied = new ArrayList<>();
            fields.forEach(field -> copied.add(new HeaderFields.Field(field.getKey(), field.getValue())));
            trailers = HeaderFields.of(copied);
            over(true);
        }
    }

    @Override
    public void fail(OriginFailure kind, String message, @Nullable Throwable cause) {
        onLoopOnly();
        if (!over) {
            failure = kind;
            failureMessage = message;
            if (!head.isDone()) {
                head.complete(kind.status());
            }
            over(true);
        }
    }

    private void over(boolean last) {
        if (last) {
            over = true;
            loop.execute(() -> end.complete(null)); // after the flush that goes with it
        }
    }

    @Override
    public boolean isWritable() {
        onLoopOnly();
        return window > 0;
    }

    @Override
    public void flush() {
        onLoopOnly();
        flushes++;
        unflushed = 0;
    }

    /** How many parts were written but not flushed. */
    int unflushed() {
        CompletableFuture<Integer> copy = new CompletableFuture<>();
        loop.execute(() -> copy.complete(unflushed));
        return get(copy);
    }

    int flushes() {
        return flushes;
    }

    @Override
    public void consumed(int bytes) {
        onLoopOnly();
        credit += bytes;
    }

    private void onLoopOnly() {
        assertThat(loop.inEventLoop()).as("on the event loop").isTrue();
    }
}
