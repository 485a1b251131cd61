package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import dev.adit.tunnel.netty.wire.HopByHop;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One try of a request on one tunnel connection, and the bridge between two event loops: what the exchange asks for runs
 * on the connection's loop, what the connector answers runs on the visitor's. Where both are the same, calls go straight
 * through; else each direction hops once, in order, and buffers change owner with the call.
 */
final class TunnelCall implements StreamReceiver {

    private static final Logger LOG = LoggerFactory.getLogger(TunnelCall.class);

    private final RegisteredConnection connection;
    private final Exchange exchange;
    private final EventLoop visitorLoop;
    private final boolean sameLoop;
    /** From here on for the connection's event loop only. */
    private @Nullable TunnelStream stream;

    private boolean headSeen;
    private boolean requestEnded;
    private boolean responseEnded;

    TunnelCall(RegisteredConnection connection, Exchange exchange, EventLoop visitorLoop) {
        this.connection = connection;
        this.exchange = exchange;
        this.visitorLoop = visitorLoop;
        this.sameLoop = connection.eventLoop().equals(visitorLoop);
    }

    RegisteredConnection connection() {
        return connection;
    }

    /** Opens the stream; {@link Exchange#opened} or {@link Exchange#notOpened} follows. */
    void open(Http2Headers headers, boolean endStream) {
        onConnection(
                () -> {
                    requestEnded = endStream;
                    TunnelStream opened = connection.open(headers, endStream, this);
                    stream = opened;
                    if (opened == null) {
                        onVisitor(() -> exchange.notOpened(this), null);
                    } else {
                        opened.flush();
                        onVisitor(() -> exchange.opened(this), null);
                    }
                },
                null);
    }

    /**
     * Sends body octets.
     *
     * @param data this method <em>takes ownership</em>
     */
    void data(ByteBuf data, boolean endStream) {
        onConnection(
                () -> {
                    if (stream == null || (responseEnded && requestEnded)) {
                        data.release();
                    } else {
                        requestEnded = endStream;
                        stream.writeData(data, endStream);
                        stream.flush();
                        if (sameLoop && !stream.isWritable()) {
                            exchange.writable(this, false);
                        }
                    }
                },
                data);
    }

    /** Sends trailers and ends the request. */
    void trailers(Http2Headers trailers) {
        onConnection(
                () -> {
                    if (stream != null) {
                        requestEnded = true;
                        stream.writeHeaders(trailers, true);
                        stream.flush();
                    }
                },
                null);
    }

    /** Ends the request without more octets. */
    void end() {
        data(Unpooled.EMPTY_BUFFER, true);
    }

    /** Gives stream credit back: the visitor's socket took that many octets. */
    void consumed(int bytes) {
        onConnection(
                () -> {
                    if (stream != null && !responseEnded) {
                        stream.consumed(bytes);
                    }
                },
                null);
    }

    /** Ends the stream, both ways, if it has not ended by itself. */
    void cancel(Http2Error error) {
        onConnection(
                () -> {
                    TunnelStream ending = stream;
                    stream = null;
                    if (ending != null && !(requestEnded && responseEnded)) {
                        ending.reset(error);
                    }
                },
                null);
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        if (headSeen) {
            if (!endStream) {
                broken("headers after the response's head that do not end it");
                return;
            }
            endOfResponse(true);
            HttpHeaders trailers = trailersOf(headers);
            onVisitor(() -> exchange.trailers(this, trailers), null);
            return;
        }
        ResponseHead head = ResponseHead.of(headers, endStream);
        headSeen = !head.isInterim();
        if (endStream && !headSeen) {
            broken("an interim head that ends the stream");
            return;
        }
        endOfResponse(endStream);
        onVisitor(() -> exchange.head(this, head), null);
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        if (!headSeen) {
            data.release();
            broken("a body without a head");
            return;
        }
        // The last octets need no credit: nothing follows them.
        endOfResponse(endStream);
        onVisitor(() -> exchange.data(this, data, endStream), data);
    }

    @Override
    public void onWritabilityChanged() {
        if (stream != null) {
            boolean writable = stream.isWritable();
            onVisitor(() -> exchange.writable(this, writable), null);
        }
    }

    @Override
    public void onReset(long errorCode) {
        stream = null;
        onVisitor(() -> exchange.reset(this, errorCode), null);
    }

    /** The connector does not keep to HTTP: the stream ends here, and what it sent is no response. */
    private void broken(String what) {
        LOG.debug("{} sent {}; its stream is reset.", connection.slot(), what);
        TunnelStream ending = stream;
        stream = null;
        if (ending != null) {
            ending.reset(Http2Error.PROTOCOL_ERROR);
        }
        onVisitor(() -> exchange.reset(this, Http2Error.INTERNAL_ERROR.code()), null);
    }

    private void endOfResponse(boolean endStream) {
        responseEnded |= endStream;
    }

    /** Copies what a visitor may see of trailers; values that are not legal are left out. */
    private static HttpHeaders trailersOf(Http2Headers from) {
        HttpHeaders to = DefaultHttpHeadersFactory.trailersFactory().newHeaders();
        for (Map.Entry<CharSequence, CharSequence> entry : from) {
            CharSequence name = entry.getKey();
            if (name.length() > 0
                    && name.charAt(0) != ':'
                    && !TunnelHeaders.isInternal(name)
                    && !HopByHop.isHopByHop(name)
                    && !AsciiString.contentEqualsIgnoreCase(name, "content-length")) {
                addIfLegal(to, name, entry.getValue());
            }
        }
        return to;
    }

    private static void addIfLegal(HttpHeaders to, CharSequence name, CharSequence value) {
        try {
            to.add(name, value);
        } catch (IllegalArgumentException e) {
            LOG.debug("A trailer was left out: {}", e.getMessage());
        }
    }

    private void onConnection(Runnable action, @Nullable ByteBuf owned) {
        run(connection.eventLoop(), action, owned);
    }

    private void onVisitor(Runnable action, @Nullable ByteBuf owned) {
        run(visitorLoop, action, owned);
    }

    /** Takes ownership of the buffer only if the other loop has ended. */
    private void run(EventLoop loop, Runnable action, @Nullable ByteBuf owned) {
        if (sameLoop) {
            action.run();
            return;
        }
        try {
            loop.execute(action);
        } catch (RejectedExecutionException e) {
            ReferenceCountUtil.release(owned);
        }
    }
}
