package dev.adit.tunnel.netty.edge;

import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.UserHeaders;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One request as a scripted connector sees it, and the means to answer. Answers may be given on any thread. */
final class ScriptedCall implements StreamReceiver {

    private static final long PATIENCE_SECONDS = 20;

    final TunnelStream stream;
    final List<Map.Entry<String, String>> headers = new ArrayList<>();
    final List<Map.Entry<String, String>> trailers = new ArrayList<>();
    final boolean endedWithHead;
    final CompletableFuture<byte[]> body = new CompletableFuture<>();
    final CompletableFuture<Long> reset = new CompletableFuture<>();
    volatile @Nullable Runnable onWritable;
    final AtomicInteger received = new AtomicInteger();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile boolean echo;

    ScriptedCall(TunnelStream stream, Http2Headers head, boolean endStream) {
        this.stream = stream;
        this.endedWithHead = endStream;
        copy(head, headers);
        if (endStream) {
            body.complete(new byte[0]);
        }
    }

    private static void copy(Http2Headers from, List<Map.Entry<String, String>> to) {
        from.forEach(entry ->
                to.add(Map.entry(entry.getKey().toString(), entry.getValue().toString())));
    }

    /** All values of a header, joined, or null if there is none. */
    @Nullable
    String header(String name) {
        List<String> values = headers.stream()
                .filter(entry -> entry.getKey().equals(name))
                .map(Map.Entry::getValue)
                .toList();
        return values.isEmpty() ? null : String.join("|", values);
    }

    byte[] awaitBody() throws Exception {
        return body.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    long awaitReset() throws Exception {
        return reset.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    ScriptedCall head(int status, boolean endStream, String... namesAndValues) {
        HttpHeaders user = new DefaultHttpHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            user.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        try {
            return raw(
                    new DefaultHttp2Headers()
                            .status(Integer.toString(status))
                            .set(TunnelHeaders.RESPONSE_META, ResponseMeta.ORIGIN.value())
                            .set(TunnelHeaders.RESPONSE_HEADERS, UserHeaders.encode(user)),
                    endStream);
        } catch (MalformedHeadersException e) {
            throw new AssertionError(e);
        }
    }

    ScriptedCall raw(Http2Headers response, boolean endStream) {
        onLoop(() -> {
            stream.writeHeaders(response, endStream);
            stream.flush();
        });
        return this;
    }

    ScriptedCall data(String text, boolean endStream) {
        return data(text.getBytes(StandardCharsets.ISO_8859_1), endStream);
    }

    ScriptedCall data(byte[] octets, boolean endStream) {
        onLoop(() -> {
            stream.writeData(Unpooled.copiedBuffer(octets), endStream);
            stream.flush();
        });
        return this;
    }

    /** Answers 200 with a length. */
    ScriptedCall ok(String text) {
        head(200, false, "Content-Length", Integer.toString(text.length()));
        return data(text, true);
    }

    ScriptedCall resetWith(Http2Error error) {
        onLoop(() -> stream.reset(error));
        return this;
    }

    /** From now on sends back what comes. */
    ScriptedCall echo() {
        echo = true;
        return this;
    }

    private void onLoop(Runnable action) {
        if (stream.eventLoop().inEventLoop()) {
            action.run();
        } else {
            stream.eventLoop().execute(action);
        }
    }

    @Override
    public void onHeaders(Http2Headers more, boolean endStream) {
        copy(more, trailers);
        body.complete(bytes.toByteArray());
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int length = data.readableBytes();
        received.addAndGet(length);
        if (echo) {
            stream.writeData(data.retainedDuplicate(), false);
            stream.flush();
        }
        byte[] copy = new byte[length];
        data.readBytes(copy);
        data.release();
        bytes.writeBytes(copy);
        stream.consumed(length);
        if (endStream) {
            body.complete(bytes.toByteArray());
        }
    }

    @Override
    public void onWritabilityChanged() {
        Runnable action = onWritable;
        if (action != null && stream.isWritable()) {
            action.run();
        }
    }

    @Override
    public void onReset(long errorCode) {
        body.completeExceptionally(new IllegalStateException("reset with " + errorCode));
        reset.complete(errorCode);
    }
}
