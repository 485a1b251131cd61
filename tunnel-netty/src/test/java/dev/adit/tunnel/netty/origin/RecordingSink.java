package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The edge's side of one call: keeps what comes. Written on the event loop, read by the test under its lock. */
final class RecordingSink implements ResponseSink {

    private final EventLoop loop;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final List<String> interim = new ArrayList<>();
    private List<Map.Entry<String, String>> headers = List.of();
    private List<Map.Entry<String, String>> trailers = List.of();
    private int status;
    private int flushes;
    private long consumed;
    private int step = Integer.MAX_VALUE;
    private int limit = Integer.MAX_VALUE;
    private int overrun;
    private int maxOverrun;
    private Runnable onWritable = () -> {};
    private boolean writable = true;
    private boolean ended;
    private boolean flushedAfterEnd;
    private OriginFailure failure;
    private String message = "";

    RecordingSink(EventLoop loop) {
        this.loop = loop;
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public synchronized void interim(int code, HttpHeaders fields) {
        check();
        interim.add(code + " " + fields.entries());
        notifyAll();
    }

    @Override
    public synchronized void head(int code, HttpHeaders fields, boolean end) {
        check();
        if (status != 0) {
            throw new AssertionError("second head: " + code);
        }
        status = code;
        headers = copy(fields);
        ended = end;
        notifyAll();
    }

    @Override
    public synchronized void data(ByteBuf data, boolean end) {
        check();
        byte[] bytes = new byte[data.readableBytes()];
        data.readBytes(bytes);
        data.release();
        if (!writable) {
            overrun += bytes.length;
            maxOverrun = Math.max(maxOverrun, overrun);
        }
        body.writeBytes(bytes);
        pauseAt(body.size());
        ended = end;
        notifyAll();
    }

    @Override
    public synchronized void trailers(HttpHeaders fields) {
        check();
        trailers = copy(fields);
        ended = true;
        notifyAll();
    }

    @Override
    public synchronized void fail(OriginFailure kind, String text, Throwable cause) {
        check();
        failure = kind;
        message = text;
        ended = true;
        notifyAll();
    }

    private static List<Map.Entry<String, String>> copy(HttpHeaders fields) {
        List<Map.Entry<String, String>> copy = new ArrayList<>();
        fields.forEach(field -> copy.add(Map.entry(field.getKey(), field.getValue())));
        return copy;
    }

    private void check() {
        if (!loop.inEventLoop()) {
            throw new AssertionError("not on the event loop");
        }
        if (ended) {
            throw new AssertionError("something came after the end");
        }
    }

    @Override
    public synchronized boolean isWritable() {
        return writable;
    }

    @Override
    public synchronized void flush() {
        flushes++;
        flushedAfterEnd |= ended;
        notifyAll();
    }

    @Override
    public synchronized void consumed(int bytes) {
        if (bytes < 0) {
            throw new AssertionError("credit of " + bytes);
        }
        consumed += bytes;
        notifyAll();
    }

    /** Becomes unwritable after so many bytes, and writable again a turn of the loop later; and so on. */
    void pauseEvery(int bytes, Runnable writabilityChanged) {
        step = bytes;
        limit = bytes;
        onWritable = writabilityChanged;
    }

    private void pauseAt(int size) {
        if (writable && size >= limit) {
            writable = false;
            loop.execute(() -> {
                setWritable(true);
                onWritable.run();
            });
        }
    }

    synchronized int maxOverrun() {
        return maxOverrun;
    }

    synchronized void setWritable(boolean value) {
        writable = value;
        overrun = 0;
        limit = (int) Math.min(Integer.MAX_VALUE, (long) body.size() + step);
    }

    /** Waits until the response is complete or has failed, and was flushed. */
    RecordingSink awaitEnd() throws InterruptedException {
        await("the end of the response", () -> ended && flushedAfterEnd);
        return this;
    }

    RecordingSink awaitHead() throws InterruptedException {
        await("a head", () -> status != 0 && flushes > 0);
        return this;
    }

    synchronized void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("waited in vain for " + what + ": " + this);
            }
            wait(left);
        }
    }

    synchronized int status() {
        return status;
    }

    synchronized List<String> interim() {
        return List.copyOf(interim);
    }

    synchronized List<Map.Entry<String, String>> headers() {
        return headers;
    }

    synchronized String header(String name) {
        return headers.stream()
                .filter(field -> field.getKey().equals(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    synchronized List<Map.Entry<String, String>> trailers() {
        return trailers;
    }

    synchronized String body() {
        return body.toString(StandardCharsets.ISO_8859_1);
    }

    synchronized int bodyLength() {
        return body.size();
    }

    synchronized long consumed() {
        return consumed;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    synchronized OriginFailure failure() {
        return failure;
    }

    synchronized String message() {
        return message;
    }

    @Override
    public synchronized String toString() {
        return "status " + status + ", " + body.size() + " bytes, ended " + ended + ", consumed " + consumed
                + ", failure " + failure + " " + message;
    }
}
