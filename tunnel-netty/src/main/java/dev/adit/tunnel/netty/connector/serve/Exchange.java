package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.netty.connector.event.RequestRecording;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One visitor's request and its response: a stream on one side, an origin on the other. The origin is read only while the
 * stream is writable; the stream gets credit only for what the origin has taken. Lives on the connection's event loop.
 */
final class Exchange implements StreamReceiver, ResponseSink {

    private static final int CONTINUE = 100;
    private static final int FIRST_FINAL_STATUS = 200;
    private static final int SWITCHING_PROTOCOLS = 101;

    private final StreamDispatcher dispatcher;
    private final TunnelStream stream;
    private final ProxiedRequest request;
    private final ActiveIngress.Match match;
    private final long startNanos = System.nanoTime();
    private final @Nullable RequestRecording recording = RequestRecording.begun();

    private @Nullable OriginCall call;
    private boolean requestEnded;
    private boolean responseEnded;
    private boolean over;
    private boolean flushDue;
    private int status;
    private long requestBytes;
    private long responseBytes;

    Exchange(StreamDispatcher dispatcher, TunnelStream stream, ProxiedRequest request, ActiveIngress.Match match) {
        this.dispatcher = dispatcher;
        this.stream = stream;
        this.request = request;
        this.match = match;
        this.requestEnded = request.endStream();
    }

    void begin() {
        OriginCall begun = match.proxy().proxy(request, this);
        call = begun;
        if (over) {
            begun.cancel();
        }
    }

    // From the edge.

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        requestBytes += data.readableBytes();
        requestEnded |= endStream;
        OriginCall to = call;
        if (to == null || over) {
            int bytes = data.readableBytes();
            data.release();
            stream.consumed(bytes);
            return;
        }
        to.data(data, endStream);
        flushLater();
        endIfComplete();
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        requestEnded = true;
        if (call != null && !over) {
            call.trailers(headers);
            flushLater();
        }
        endIfComplete();
    }

    @Override
    public void onWritabilityChanged() {
        if (call != null && !over) {
            call.writabilityChanged();
        }
    }

    @Override
    public void onReset(long errorCode) {
        if (over) {
            return;
        }
        dispatcher.log().visitorGone(this, errorCode);
        end(OriginFailure.VISITOR_GONE);
        if (call != null) {
            call.cancel();
        }
    }

    /** The batch of frames that was being read is over. */
    void flushToOrigin() {
        flushDue = false;
        if (call != null) {
            call.flush();
        }
    }

    private void flushLater() {
        if (!flushDue) {
            flushDue = true;
            dispatcher.flushAfterBatch(this);
        }
    }

    // From the origin.

    @Override
    public EventLoop eventLoop() {
        return stream.eventLoop();
    }

    @Override
    public void interim(int interimStatus, HttpHeaders headers) {
        boolean wanted = interimStatus == CONTINUE || dispatcher.edgeTakesInterim();
        if (over || status != 0 || interimStatus == SWITCHING_PROTOCOLS || !wanted) {
            return;
        }
        try {
            stream.writeHeaders(ResponseHeaders.interim(interimStatus, headers), false);
            stream.flush();
        } catch (MalformedHeadersException e) {
            dispatcher.log().interimDropped(this, e);
        }
    }

    @Override
    public void head(int finalStatus, HttpHeaders headers, boolean end) {
        if (over || status != 0) {
            return;
        }
        if (finalStatus < FIRST_FINAL_STATUS && finalStatus != SWITCHING_PROTOCOLS) {
            fail(
                    OriginFailure.RESPONSE_INVALID,
                    "Origin " + match.rule().origin() + " ended with the interim status " + finalStatus
                            + ". Correct the origin or the rule.",
                    null);
            return;
        }
        Http2Headers head;
        try {
            head = ResponseHeaders.ofOrigin(finalStatus, headers);
        } catch (MalformedHeadersException e) {
            fail(
                    OriginFailure.RESPONSE_INVALID,
                    "Origin " + match.rule().origin() + " answered with headers that cannot be passed on: "
                            + e.getMessage() + ". Correct the origin.",
                    e);
            return;
        }
        status = finalStatus;
        stream.writeHeaders(head, end);
        if (end) {
            responseComplete();
        }
    }

    @Override
    public void data(ByteBuf data, boolean end) {
        if (over || status == 0 || responseEnded) {
            data.release();
            return;
        }
        responseBytes += data.readableBytes();
        stream.writeData(data, end);
        if (end) {
            responseComplete();
        }
    }

    @Override
    public void trailers(HttpHeaders trailers) {
        if (over || status == 0 || responseEnded) {
            return;
        }
        Http2Headers sent = ResponseHeaders.trailers(trailers);
        if (sent.isEmpty()) {
            stream.writeData(Unpooled.EMPTY_BUFFER, true);
        } else {
            stream.writeHeaders(sent, true);
        }
        responseComplete();
    }

    @Override
    public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
        if (over) {
            return;
        }
        boolean cut = status != 0;
        dispatcher.log().failed(this, failure, message, cause);
        if (responseEnded) {
            end(failure);
            stream.reset(Http2Error.CANCEL);
        } else if (cut) {
            end(failure);
            stream.reset(Http2Error.INTERNAL_ERROR);
        } else {
            status = statusFor(failure);
            stream.writeHeaders(ResponseHeaders.failure(status, madeBy(failure)), true);
            stream.flush();
            end(failure);
        }
        if (call != null) {
            call.cancel();
        }
    }

    @Override
    public boolean isWritable() {
        return !over && stream.isWritable();
    }

    @Override
    public void flush() {
        stream.flush();
    }

    @Override
    public void consumed(int bytes) {
        stream.consumed(bytes);
    }

    /**
     * A failed handler is the application's own answer, and a refusal by the Access check passes for the origin's, as in
     * cloudflared; other failures are the connector's answer in its place.
     */
    private static ResponseMeta madeBy(OriginFailure failure) {
        if (failure == OriginFailure.FLOW_LIMIT_REACHED) {
            return ResponseMeta.FLOW_LIMITED;
        }
        return failure == OriginFailure.HANDLER_FAILED
                        || failure == OriginFailure.HANDLER_REJECTED
                        || failure == OriginFailure.ACCESS_DENIED
                ? ResponseMeta.ORIGIN
                : ResponseMeta.CONNECTOR;
    }

    /** For a private TCP stream the edge knows one status of failure only. */
    int statusFor(OriginFailure failure) {
        return match.isPrivateStream() ? HttpResponseStatus.BAD_GATEWAY.code() : failure.status();
    }

    private void responseComplete() {
        responseEnded = true;
        endIfComplete();
    }

    private void endIfComplete() {
        if (responseEnded && requestEnded && !over) {
            end(null);
        }
    }

    private void end(@Nullable OriginFailure failure) {
        over = true;
        dispatcher.ended(this);
        if (recording != null) {
            recording.ended(
                    new RequestRecording.Where(dispatcher.connection(), stream.id(), match.index()),
                    new RequestRecording.What(request.method(), request.authority(), path()),
                    new RequestRecording.How(
                            shownStatus(failure),
                            failure == null ? null : failure.name(),
                            requestBytes,
                            responseBytes));
        }
        if (dispatcher.events().hasListeners()) {
            dispatcher
                    .events()
                    .publish(new TunnelEvent.RequestCompleted(
                            Instant.now(),
                            request.method(),
                            request.authority(),
                            request.target(),
                            shownStatus(failure),
                            match.index(),
                            Duration.ofNanos(System.nanoTime() - startNanos),
                            requestBytes,
                            responseBytes,
                            failure));
        }
    }

    private int shownStatus(@Nullable OriginFailure failure) {
        return status == SWITCHING_PROTOCOLS || failure != OriginFailure.VISITOR_GONE ? status : 0;
    }

    /** The tunnel closes soon; what still runs then is {@link #cut}. */
    void goingAway() {
        if (call != null && !over) {
            call.goingAway();
        }
    }

    /** Breaks the exchange off because the grace period is over. */
    CloseReport.CutRequest cut() {
        CloseReport.CutRequest report =
                new CloseReport.CutRequest(request.method(), request.authority(), path(), responseBytes);
        if (!over) {
            dispatcher.log().cut(this);
            end(OriginFailure.VISITOR_GONE);
            stream.reset(Http2Error.CANCEL);
            if (call != null) {
                call.cancel();
            }
        }
        return report;
    }

    ProxiedRequest request() {
        return request;
    }

    ActiveIngress.Match match() {
        return match;
    }

    int streamId() {
        return stream.id();
    }

    boolean hasBegunResponse() {
        return status != 0;
    }

    private String path() {
        int query = request.target().indexOf('?');
        return query < 0 ? request.target() : request.target().substring(0, query);
    }
}
