package dev.adit.tunnel.netty.wire.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP/2 handler of one tunnel connection, in either role, with our own small stream objects. Runs on the
 * connection's event loop. Add it to a pipeline only when the TLS handshake is complete: it writes at once.
 */
public final class TunnelHttp2 extends Http2ConnectionHandler implements ReceiveBudget.Holder {

    private static final Logger LOG = LoggerFactory.getLogger(TunnelHttp2.class);

    private final ConnectionOwner owner;
    private final ReceiveBudget budget;
    private final Http2Connection.PropertyKey streamKey;
    private final List<TunnelStream> waitingForRoom = new ArrayList<>();
    private final AtomicLong held = new AtomicLong();
    private final AtomicBoolean shedding = new AtomicBoolean();
    private @Nullable ChannelHandlerContext context;
    private @Nullable Throwable fault;
    private boolean opened;
    private boolean exhausted;
    private boolean closed;

    TunnelHttp2(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            ConnectionOwner owner,
            ReceiveBudget budget) {
        // Closing is ours to time: no GOAWAY and no waiting for the control stream, which never ends by itself.
        super(decoder, encoder, settings, true);
        this.owner = owner;
        this.budget = budget;
        this.streamKey = connection().newKey();
        connection().addListener(new StreamTable(this));
        decoder.frameListener(new StreamFrames(this));
        encoder.flowController().listener(stream -> {
            TunnelStream known = find(stream);
            if (known != null) {
                known.writabilityChanged();
            }
        });
    }

    /**
     * Makes the connector's handler: the HTTP/2 server on the socket it dialled.
     *
     * @param owner told of streams and of the end
     * @param budget shared by all connections of one client
     * @return a handler for one pipeline
     */
    public static TunnelHttp2 connector(ConnectionOwner owner, ReceiveBudget budget) {
        return new TunnelHttp2Builder(owner, budget, true).build();
    }

    /**
     * Makes the edge's handler: the HTTP/2 client on the socket it accepted.
     *
     * @param owner told of the end
     * @param budget shared by all connections of one edge
     * @return a handler for one pipeline
     */
    public static TunnelHttp2 edge(ConnectionOwner owner, ReceiveBudget budget) {
        return new TunnelHttp2Builder(owner, budget, false).build();
    }

    /**
     * Makes the handler of a connection to an origin: the HTTP/2 client on the socket it dialled.
     *
     * @param owner told of the end
     * @param budget shared by all connections to origins of one client
     * @return a handler for one pipeline
     */
    public static TunnelHttp2 origin(ConnectionOwner owner, ReceiveBudget budget) {
        return new TunnelHttp2Builder(owner, budget, false).build();
    }

    /**
     * Opens a stream; in the client role only. Call on the event loop.
     *
     * @param headers taken; not to be changed afterwards
     * @param endStream whether the request has neither body nor trailers
     * @param receiver takes what comes back
     * @return the stream, or null if the connection can open none: it is going away, full, or out of numbers
     */
    public @Nullable TunnelStream open(Http2Headers headers, boolean endStream, StreamReceiver receiver) {
        if (context == null || closed || connection().goAwayReceived()) {
            return null;
        }
        Http2Connection.Endpoint<?> local = connection().local();
        // Netty keeps number 1 back for an upgrade from HTTP/1.1, which there is none of here.
        int id = opened ? local.incrementAndGetNextStreamId() : 1;
        if (id < 0) {
            exhausted = true;
            return null;
        }
        opened = true;
        try {
            Http2Stream stream = local.createStream(id, false);
            TunnelStream known = register(stream);
            known.receiver(receiver);
            writeHeaders(stream, headers, endStream);
            return known;
        } catch (Http2Exception e) {
            return null;
        }
    }

    /**
     * Tells whether streams can be opened here, now or when some of the present ones have ended. Call on the event loop.
     *
     * @return false for good once the peer goes away, the connection is gone or its numbers are used up
     */
    public boolean opensStreams() {
        return !closed && !exhausted && !connection().goAwayReceived();
    }

    /**
     * Tells whether a stream can be opened now: the peer's limit on concurrent ones is not reached. Call on the event
     * loop.
     *
     * @return whether {@link #open} is worth trying
     */
    public boolean hasRoom() {
        return opensStreams() && connection().local().canOpenStream();
    }

    /**
     * Returns how many streams are open, the control stream among them.
     *
     * @return zero or more
     */
    public int activeStreams() {
        return connection().numActiveStreams();
    }

    /** Asks the peer for a sign of life. Call on the event loop. */
    void ping() {
        ChannelHandlerContext ctx = context();
        encoder().writePing(ctx, false, System.nanoTime(), ctx.newPromise());
        ctx.flush();
    }

    /**
     * Returns the connection's event loop.
     *
     * @return the only thread that may use this handler
     */
    public EventLoop eventLoop() {
        return context().channel().eventLoop();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        budget.join(this);
        super.handlerAdded(ctx);
        widenConnectionWindow();
        ctx.flush();
    }

    private void widenConnectionWindow() throws Http2Exception {
        Http2LocalFlowController flow = connection().local().flowController();
        Http2Stream whole = connection().connectionStream();
        flow.incrementWindowSize(whole, Http2Defaults.CONNECTION_WINDOW - flow.windowSize(whole));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        owner.onReadComplete();
        super.channelReadComplete(ctx);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        super.channelWritabilityChanged(ctx);
        if (ctx.channel().isWritable()) {
            streams().forEach(TunnelStream::checkWritability);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        closed = true;
        for (TunnelStream stream : streams()) {
            stream.abort(TunnelStream.CONNECTION_LOST);
        }
        super.channelInactive(ctx);
        budget.leave(this);
        owner.onClosed(fault);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
            super.exceptionCaught(ctx, cause);
        } else {
            fault = cause; // the network's or TLS's: the owner is told, and nothing can be sent any more
            ctx.close();
        }
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2Cause) {
        fault = cause;
        super.onConnectionError(ctx, outbound, cause, http2Cause);
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException streamError) {
        Http2Stream stream = connection().stream(streamError.streamId());
        TunnelStream known = stream == null ? null : find(stream);
        super.onStreamError(ctx, outbound, cause, streamError);
        if (known != null) {
            known.abort(streamError.error().code());
        }
    }

    ConnectionOwner owner() {
        return owner;
    }

    ReceiveBudget budget() {
        return budget;
    }

    /** The peer opened a stream. */
    TunnelStream register(Http2Stream stream) {
        TunnelStream opened = new TunnelStream(this, stream);
        stream.setProperty(streamKey, opened);
        return opened;
    }

    @Nullable
    TunnelStream find(Http2Stream stream) {
        return stream.getProperty(streamKey);
    }

    @Nullable
    TunnelStream find(int streamId) {
        Http2Stream stream = connection().stream(streamId);
        return stream == null ? null : find(stream);
    }

    void writeHeaders(Http2Stream stream, Http2Headers headers, boolean endStream) {
        ChannelHandlerContext ctx = context();
        encoder().writeHeaders(ctx, stream.id(), headers, 0, endStream, ctx.newPromise());
    }

    /** Takes ownership of the data. */
    void writeData(Http2Stream stream, ByteBuf data, boolean endStream) {
        ChannelHandlerContext ctx = context();
        encoder().writeData(ctx, stream.id(), data, 0, endStream, ctx.newPromise());
    }

    void reset(Http2Stream stream, Http2Error error) {
        ChannelHandlerContext ctx = context();
        ChannelPromise promise = ctx.newPromise();
        resetStream(ctx, stream.id(), error.code(), promise);
        ctx.flush();
    }

    void flushSoon() {
        context().channel().flush();
    }

    boolean isWritable(Http2Stream stream) {
        return !closed && connection().remote().flowController().isWritable(stream);
    }

    void credit(Http2Stream stream, int bytes) {
        try {
            if (!closed && connection().local().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    void growWindow(Http2Stream stream, int by) {
        try {
            if (!closed) {
                connection().local().flowController().incrementWindowSize(stream, by);
                flushSoon(); // it may have announced credit, and what follows may have none to announce
            }
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    /** Our own code failed on one stream: that stream ends, the connection stays. */
    void failed(TunnelStream stream, RuntimeException cause) {
        LOG.error("{} failed inside Adit and was reset; please report this.", stream, cause);
        stream.abort(Http2Error.INTERNAL_ERROR.code());
        stream.reset(Http2Error.INTERNAL_ERROR);
    }

    void creditWhenRoom(TunnelStream stream) {
        if (waitingForRoom.isEmpty()) {
            EventLoop loop = eventLoop();
            budget.whenRoom(() -> loop.execute(this::creditWaiting));
        }
        if (!waitingForRoom.contains(stream)) {
            waitingForRoom.add(stream);
        }
    }

    private void creditWaiting() {
        List<TunnelStream> waited = new ArrayList<>(waitingForRoom);
        waitingForRoom.clear();
        waited.forEach(TunnelStream::creditWithheld);
    }

    /** Counts arrived bytes of a stream. */
    void hold(int bytes) {
        held.addAndGet(bytes);
        budget.hold(bytes);
    }

    /** Counts delivered bytes of a stream. */
    void release(int bytes) {
        held.addAndGet(-bytes);
        budget.release(bytes);
    }

    @Override
    public long held() {
        return held.get();
    }

    @Override
    public void shed() {
        if (eventLoop().inEventLoop()) {
            resetSlowest();
        } else if (!shedding.getAndSet(true)) {
            try {
                eventLoop().execute(() -> {
                    shedding.set(false);
                    if (budget.isFarExceeded()) {
                        resetSlowest();
                    }
                });
            } catch (RejectedExecutionException e) {
                budget.leave(this); // its loop has ended, and the connection with it
            }
        }
    }

    /** Resets the stream that has held its bytes longest, because all streams together hold far too many. */
    private void resetSlowest() {
        TunnelStream slowest = null;
        long longest = Long.MIN_VALUE;
        long now = System.nanoTime();
        for (TunnelStream stream : streams()) {
            Long since = stream.heldSince();
            if (since != null && now - since > longest) {
                longest = now - since;
                slowest = stream;
            }
        }
        if (slowest != null) {
            slowest.abort(Http2Error.ENHANCE_YOUR_CALM.code());
            slowest.reset(Http2Error.ENHANCE_YOUR_CALM);
        }
    }

    /** The peer will not work on streams of ours above the given one: their receivers are told that they were refused. */
    void refuseAbove(int lastStreamId) {
        for (TunnelStream stream : streams()) {
            if (stream.id() > lastStreamId && connection().local().isValidStreamId(stream.id())) {
                stream.abort(Http2Error.REFUSED_STREAM.code());
            }
        }
    }

    private List<TunnelStream> streams() {
        List<TunnelStream> all = new ArrayList<>();
        try {
            connection().forEachActiveStream(stream -> {
                TunnelStream known = find(stream);
                if (known != null) {
                    all.add(known);
                }
                return true;
            });
        } catch (Http2Exception e) {
            throw new IllegalStateException("Visiting streams does not fail", e);
        }
        return all;
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("The handler is in no pipeline yet.");
        }
        return context;
    }
}
