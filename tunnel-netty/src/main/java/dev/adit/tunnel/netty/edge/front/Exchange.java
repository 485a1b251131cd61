package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.CloseReport.CutRequest;
import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import dev.adit.tunnel.netty.edge.router.ConnectionPicker;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One visitor request and its response, on the visitor's event loop. Chooses a connection, tries another while the request
 * provably reached none, and relays both ways: reads from the visitor only while the stream is writable, and gives stream
 * credit back when the visitor's socket has taken the octets.
 */
final class Exchange {

    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final FrontContext context;
    private final FrontRequestHandler visitor;
    private final ChannelHandlerContext ctx;
    private final VisitorRequest request;
    private final UUID tunnelId;
    private final Http2Headers headers;
    private final String ray;
    private final ResponseWriter response;
    private final long started = System.nanoTime();
    /** Body that waits for its stream to be open, or for an upgrade to be agreed. */
    private final Deque<ByteBuf> held = new ArrayDeque<>(0);

    private @Nullable Set<RegisteredConnection> tried;
    private @Nullable TunnelCall call;
    private @Nullable Future<?> timeout;
    private @Nullable HttpHeaders heldTrailers;
    private boolean open;
    private boolean bodySent;
    private boolean requestEnded;
    private boolean upgraded;
    private boolean done;
    private long lastProgress = started;
    private int owed;

    Exchange(
            FrontContext context,
            FrontRequestHandler visitor,
            ChannelHandlerContext ctx,
            VisitorRequest request,
            UUID tunnelId,
            Http2Headers headers,
            String ray) {
        this.context = context;
        this.visitor = visitor;
        this.ctx = ctx;
        this.request = request;
        this.tunnelId = tunnelId;
        this.headers = headers;
        this.ray = ray;
        this.response = new ResponseWriter(ctx, request);
        this.requestEnded = !request.hasBody();
    }

    void start() {
        scheduleTimeout(context.responseTimeout().toNanos());
        tryNext();
    }

    boolean isWebSocket() {
        return request.isWebSocket();
    }

    /** Whether the visitor has sent all of its request. */
    boolean requestEnded() {
        return requestEnded;
    }

    /** What a report says when this is cut. */
    CutRequest cutRequest() {
        return new CutRequest(request.method(), request.host(), request.path(), response.written());
    }

    /** No further request is wanted on the visitor's connection. */
    void closeAfterwards() {
        response.closeAfterwards();
    }

    private void tryNext() {
        RegisteredConnection next = ConnectionPicker.pick(
                context.registry().connections(tunnelId), ctx.channel().eventLoop(), tried == null ? Set.of() : tried);
        if (next == null) {
            fail(tried == null ? ErrorPage.NO_CONNECTOR : ErrorPage.BAD_GATEWAY);
            return;
        }
        open = false;
        TunnelCall attempt = new TunnelCall(next, this, ctx.channel().eventLoop());
        call = attempt;
        attempt.open(headers, requestEnded && held.isEmpty() && !request.hasBody() && !isWebSocket());
    }

    private void tryAnother(TunnelCall failed) {
        if (tried == null) {
            tried = new HashSet<>();
        }
        tried.add(failed.connection());
        LOG.debug(
                "ray={} did not reach {}, trying another connection.",
                ray,
                failed.connection().id());
        tryNext();
    }

    // From the visitor.

    /** Takes ownership of body octets, or of raw ones after an upgrade. */
    void requestData(ByteBuf data) {
        TunnelCall to = call;
        if (done || to == null || !data.isReadable()) {
            data.release();
        } else if (!open || (isWebSocket() && !upgraded)) {
            held.add(data);
            visitor.pauseReading(true);
        } else {
            bodySent = true;
            lastProgress = System.nanoTime();
            to.data(data, false);
        }
    }

    /** The visitor's request is complete. */
    void requestEnd(HttpHeaders trailers) {
        requestEnded = true;
        if (request.hasBody() && !done) {
            heldTrailers = trailers;
            endRequestIfOpen();
        }
    }

    private void endRequestIfOpen() {
        TunnelCall to = call;
        HttpHeaders last = heldTrailers;
        if (to != null && last != null && open) {
            heldTrailers = null;
            bodySent = true;
            lastProgress = System.nanoTime();
            Http2Headers trailers = last.isEmpty() ? null : ForwardedHeaders.trailers(last);
            if (trailers == null || trailers.isEmpty()) {
                to.end();
            } else {
                to.trailers(trailers);
            }
        }
    }

    /** The visitor's socket takes more again. */
    void visitorWritable() {
        if (owed > 0 && call != null) {
            int credit = owed;
            owed = 0;
            call.consumed(credit);
        }
    }

    /**
     * The visitor is gone.
     *
     * @param orderly whether it closed, rather than broke off: what it sent before is still passed on
     */
    void visitorGone(boolean orderly) {
        if (!done) {
            TunnelCall to = call;
            if (upgraded && orderly && to != null) {
                to.end();
                finish();
            } else {
                cancel(Http2Error.CANCEL);
            }
        }
    }

    /** Breaks the request off. */
    void cancel(Http2Error error) {
        if (call != null) {
            call.cancel(error);
        }
        finish();
    }

    // From the tunnel. Calls of an earlier try, or after the end, are void.

    void opened(TunnelCall from) {
        if (isVoid(from)) {
            return;
        }
        open = true;
        if (!isWebSocket()) {
            sendHeld(from);
            endRequestIfOpen();
        }
    }

    private void sendHeld(TunnelCall to) {
        visitor.pauseReading(false);
        for (ByteBuf data = held.poll(); data != null; data = held.poll()) {
            bodySent = true;
            to.data(data, false);
        }
    }

    void notOpened(TunnelCall from) {
        if (!isVoid(from)) {
            tryAnother(from);
        }
    }

    void writable(TunnelCall from, boolean writable) {
        if (!isVoid(from) && open && (!isWebSocket() || upgraded)) {
            lastProgress = System.nanoTime();
            visitor.pauseReading(!writable);
        }
    }

    void head(TunnelCall from, ResponseHead head) {
        if (isVoid(from)) {
            return;
        }
        if (head.isInterim() && head.status() != 101) {
            if (ctx.channel().isWritable()) { // they are only hints, and no window bounds how many there are
                response.interim(head);
                ctx.flush();
            }
            return;
        }
        stopTimeout();
        if (head.problem() != null || head.isInterim()) {
            from.cancel(Http2Error.CANCEL);
            fail(head.problem() == null ? ErrorPage.BAD_GATEWAY : head.problem());
        } else if (WebSocketUpgrade.isAgreed(request, head)) {
            upgrade(from, head);
        } else {
            if (isWebSocket() || (request.expectsContinue() && !requestEnded)) {
                response.closeAfterwards();
            }
            if (!response.head(head)) {
                from.cancel(Http2Error.CANCEL);
                fail(ErrorPage.BAD_GATEWAY);
            } else if (head.endStream()) {
                endResponse(from, EmptyHttpHeaders.INSTANCE);
            } else {
                ctx.flush();
            }
        }
    }

    private void upgrade(TunnelCall to, ResponseHead head) {
        upgraded = true;
        response.switchingProtocols(head.headers());
        visitor.becomeRaw();
        sendHeld(to);
        if (head.endStream()) {
            endResponse(to, EmptyHttpHeaders.INSTANCE);
        }
    }

    /** Takes ownership of the octets. */
    void data(TunnelCall from, ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        if (isVoid(from) || !response.hasBegun()) {
            data.release();
            from.consumed(bytes); // what nobody wants must not stay on the account of what is held
            return;
        }
        boolean fits = true;
        if (upgraded) {
            ctx.write(data);
        } else {
            fits = response.data(data);
        }
        if (!fits) {
            cut(from, "the response is longer than it declared");
        } else if (endStream) {
            endResponse(from, EmptyHttpHeaders.INSTANCE);
        } else {
            credit(from, bytes);
            ctx.flush();
        }
    }

    private void credit(TunnelCall to, int bytes) {
        owed += bytes;
        if (owed > 0 && ctx.channel().isWritable()) {
            int credit = owed;
            owed = 0;
            to.consumed(credit);
        }
    }

    void trailers(TunnelCall from, HttpHeaders trailers) {
        if (!isVoid(from)) {
            endResponse(from, trailers);
        }
    }

    void reset(TunnelCall from, long errorCode) {
        if (isVoid(from)) {
            return;
        }
        if (response.hasBegun()) {
            cut(from, "the connector reset the stream with code " + errorCode);
        } else if (errorCode == Http2Error.REFUSED_STREAM.code() && !bodySent) {
            tryAnother(from);
        } else {
            String why = errorCode == TunnelStream.CONNECTION_LOST ? "connection lost" : "reset with code " + errorCode;
            LOG.debug("ray={} has no response: {}", ray, why);
            fail(errorCode == Http2Error.PROTOCOL_ERROR.code() ? ErrorPage.REJECTED : ErrorPage.BAD_GATEWAY);
        }
    }

    private boolean isVoid(TunnelCall from) {
        return done || from != call;
    }

    // The ends.

    private void endResponse(TunnelCall from, HttpHeaders trailers) {
        if (upgraded) {
            from.cancel(Http2Error.NO_ERROR);
            finish();
            visitor.closeWhenFlushed();
        } else if (response.end(trailers)) {
            if (!requestEnded || isWebSocket()) {
                from.cancel(Http2Error.NO_ERROR);
            }
            finish();
            visitor.responseEnded(this, response.keepsAlive());
        } else {
            cut(from, "the response is shorter than it declared");
        }
    }

    /** Shows the visitor that the response is not complete, by closing without its end. */
    private void cut(TunnelCall from, String why) {
        LOG.debug("ray={} cut after {} octets: {}.", ray, response.written(), why);
        from.cancel(Http2Error.CANCEL);
        finish();
        visitor.closeWhenFlushed();
    }

    private void fail(ErrorPage page) {
        if (!requestEnded || isWebSocket()) {
            response.closeAfterwards();
        }
        var unused = response.whole(page.response(request.headers(), ray));
        finish();
        visitor.responseEnded(this, response.keepsAlive());
    }

    private void finish() {
        if (done) {
            return;
        }
        done = true;
        stopTimeout();
        held.forEach(ByteBuf::release);
        held.clear();
        visitor.pauseReading(false);
        if (LOG.isDebugEnabled()) {
            LOG.debug(
                    "ray={} {} {}{} -> {}, {} octets, {} ms",
                    ray,
                    request.method(),
                    request.host(),
                    request.path(),
                    response.status(),
                    response.written(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
        }
    }

    private void scheduleTimeout(long nanos) {
        timeout = ctx.executor().schedule(this::checkTimeout, nanos, TimeUnit.NANOSECONDS);
    }

    /** The time runs from the last progress of the request's body: a long upload is no silence. */
    private void checkTimeout() {
        long left = lastProgress + context.responseTimeout().toNanos() - System.nanoTime();
        if (left > 0) {
            scheduleTimeout(left);
        } else if (!done) {
            if (call != null) {
                call.cancel(Http2Error.CANCEL);
            }
            fail(ErrorPage.TIMED_OUT);
        }
    }

    private void stopTimeout() {
        if (timeout != null) {
            timeout.cancel(false);
            timeout = null;
        }
    }
}
