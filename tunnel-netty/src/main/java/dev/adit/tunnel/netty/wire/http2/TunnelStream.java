package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream on a tunnel connection. Every method but {@link #eventLoop} is called on the connection's event
 * loop. Writes wait for {@link #flush}. After the stream's end all of them do nothing.
 */
public final class TunnelStream {

    /** What {@link StreamReceiver#onReset} is given when the connection is gone. */
    public static final long CONNECTION_LOST = -1;

    private final TunnelHttp2 http2;
    private final Http2Stream stream;
    private @Nullable StreamReceiver receiver;
    private int window = Http2Defaults.INITIAL_STREAM_WINDOW;
    private boolean writable = true;
    private int unconsumed;
    private int withheld;
    private int drainedSinceGrowth;
    private long lastDrain = System.nanoTime();

    TunnelStream(TunnelHttp2 http2, Http2Stream stream) {
        this.http2 = http2;
        this.stream = stream;
    }

    /**
     * Returns the stream's number on its connection.
     *
     * @return odd, rising
     */
    public int id() {
        return stream.id();
    }

    /**
     * Returns the connection's event loop.
     *
     * @return the only thread that may use this stream
     */
    public EventLoop eventLoop() {
        return http2.eventLoop();
    }

    /**
     * Writes headers: a response's head, an interim response, or trailers.
     *
     * @param headers taken; not to be changed afterwards
     * @param endStream whether nothing follows
     */
    public void writeHeaders(Http2Headers headers, boolean endStream) {
        http2.writeHeaders(stream, headers, endStream);
    }

    /**
     * Writes body bytes. Write on only while {@link #isWritable}.
     *
     * @param data this method <em>takes ownership</em>
     * @param endStream whether nothing follows
     */
    public void writeData(ByteBuf data, boolean endStream) {
        http2.writeData(stream, data, endStream);
        checkWritability();
    }

    /**
     * Ends the stream at once, both ways. The receiver is not told.
     *
     * @param error why
     */
    public void reset(Http2Error error) {
        receiver = null;
        http2.reset(stream, error);
    }

    /** Sends what was written, together with what others of this connection write in this turn of the event loop. */
    public void flush() {
        http2.flushSoon();
    }

    /**
     * Tells whether the peer takes more: its window for this stream has room for what is queued, and the socket keeps up.
     * This is what {@link StreamReceiver#onWritabilityChanged} last told, not the moment's truth: whoever stops because of
     * false can rely on being told when to go on.
     *
     * @return whether to write on
     */
    public boolean isWritable() {
        return writable;
    }

    /**
     * Gives credit back for received body bytes that have been taken.
     *
     * @param bytes how many
     */
    public void consumed(int bytes) {
        if (bytes == 0) {
            return;
        }
        int known = Math.min(bytes, unconsumed);
        boolean prompt = unconsumed - known <= window / 4;
        unconsumed -= known;
        lastDrain = System.nanoTime();
        http2.release(known);
        withheld += known;
        if (http2.budget().isExceededBy(http2)) {
            http2.creditWhenRoom(this);
            return;
        }
        growIfDrained(known, prompt);
        creditWithheld();
    }

    /** Gives back what {@link ReceiveBudget} held up. */
    void creditWithheld() {
        int credit = withheld;
        withheld = 0;
        http2.credit(stream, credit);
    }

    private void growIfDrained(int bytes, boolean prompt) {
        drainedSinceGrowth = prompt ? drainedSinceGrowth + bytes : 0;
        if (drainedSinceGrowth >= window
                && window < Http2Defaults.MAX_STREAM_WINDOW
                && http2.budget().allowsGrowth()) {
            http2.growWindow(stream, window);
            window += window;
            drainedSinceGrowth = 0;
        }
    }

    void receiver(StreamReceiver value) {
        receiver = value;
    }

    void received(int bytes) {
        unconsumed += bytes;
        http2.hold(bytes);
    }

    /** Returns when bytes were last taken, in {@link System#nanoTime}, or null if none are held. */
    @Nullable
    Long heldSince() {
        return unconsumed == 0 ? null : lastDrain;
    }

    void headers(Http2Headers headers, boolean endStream) {
        StreamReceiver told = receiver;
        if (told != null) {
            guarded(() -> told.onHeaders(headers, endStream));
        }
    }

    /** Takes ownership of the data. */
    void data(ByteBuf data, boolean endStream) {
        StreamReceiver told = receiver;
        if (told == null) {
            int bytes = data.readableBytes();
            data.release();
            consumed(bytes);
        } else {
            guarded(() -> told.onData(data, endStream));
        }
    }

    /**
     * Notices what the flow controller does not tell. It compares with what it told last, but marks a stream that gets
     * credit while the socket is full as not writable without remembering that for the connection; when the socket's full
     * moment passes before its event, the event finds nothing changed and the stream would wait for ever (Netty 4.2.18).
     */
    void checkWritability() {
        if (writable != http2.isWritable(stream)) {
            writabilityChanged();
        }
    }

    void writabilityChanged() {
        writable = http2.isWritable(stream);
        StreamReceiver told = receiver;
        if (told != null) {
            guarded(told::onWritabilityChanged);
        }
    }

    /** Tells the receiver that the stream is over before its time; at most once. */
    void abort(long errorCode) {
        StreamReceiver told = receiver;
        receiver = null;
        if (told != null) {
            guarded(() -> told.onReset(errorCode));
        }
    }

    /** Runs our own code for this stream so that its failure ends this stream only. */
    void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            http2.failed(this, e);
        }
    }

    /** The stream has left the connection's table: what it holds no longer counts. */
    void closed() {
        http2.release(unconsumed);
        unconsumed = 0;
        withheld = 0;
    }

    @Override
    public String toString() {
        return "stream=" + id();
    }
}
