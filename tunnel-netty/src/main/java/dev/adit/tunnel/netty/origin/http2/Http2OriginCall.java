package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.HttpOriginProxy;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.RequestBody;
import dev.adit.tunnel.netty.origin.ResponseCheck;
import dev.adit.tunnel.netty.origin.ResponseClock;
import dev.adit.tunnel.netty.origin.ResponseSink;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to an HTTP/2 origin and its answer on the way back. Used on its event loop only.
 *
 * <p>The visitor gets credit for body bytes while the origin's stream takes more, the origin's stream gets credit while
 * the sink takes more. A request that the origin says it did not process (REFUSED_STREAM, or above GOAWAY's last stream)
 * is sent once more, elsewhere, if its body was kept; so is an idempotent one whose connection broke after other use.
 */
final class Http2OriginCall implements OriginCall, StreamReceiver {

    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int FIRST_FINAL_STATUS = 200;

    private final Http2OriginProxy proxy;
    private final ProxiedRequest request;
    private final ResponseSink sink;
    private final ResponseClock clock;

    private Http2Heads.@Nullable Request head;
    private ReplayableBody body;
    private @Nullable Http2Headers trailers;
    private @Nullable Http2Pool pool;
    private @Nullable Http2OriginConnection connection;
    private @Nullable Http2OriginConnection left;
    private @Nullable TunnelStream stream;
    private @Nullable OriginCall http1;
    private int uncredited;
    private boolean connectionWasUsed;
    private boolean endWritten;
    private boolean responded;
    private boolean bodiless;
    private boolean flushDue;
    private boolean over;

    Http2OriginCall(Http2OriginProxy proxy, ProxiedRequest request, ResponseSink sink) {
        this.proxy = proxy;
        this.request = request;
        this.sink = sink;
        clock = new ResponseClock(proxy.options().responseTimeout(), sink.eventLoop(), this::silent);
        body = new ReplayableBody(new RequestBody(-1, request.endStream()));
    }

    void start() {
        if (request.webSocket()) {
            failed(new OriginException(
                    OriginFailure.UPGRADE_NOT_SERVED,
                    "Origin " + proxy.dialer().address()
                            + " speaks HTTP/2 only, where a WebSocket cannot be asked for. Give the WebSocket's path a"
                            + " rule of its own with Origin.http.",
                    null));
            return;
        }
        Http2Heads.Request checked;
        try {
            checked = Http2Heads.request(
                    request, proxy.options(), proxy.dialer().address().tls());
        } catch (OriginException e) {
            failed(e);
            return;
        }
        head = checked;
        body = new ReplayableBody(new RequestBody(checked.contentLength(), request.endStream()));
        Http2Pool chosen = proxy.pool(sink.eventLoop(), proxy.dialer().serverName(checked.host()));
        pool = chosen;
        chosen.serve(this);
    }

    /** Whether the call has not been turned away there. */
    boolean mayUse(Http2OriginConnection offered) {
        return !offered.equals(left);
    }

    /** Opens its stream; false if that was not possible, and another connection is needed. */
    boolean begin(Http2OriginConnection to) {
        Http2Heads.@Nullable Request ready = head;
        if (ready == null || over) {
            return true;
        }
        boolean end = body.isEmpty() && trailers == null;
        connectionWasUsed = !to.isUnused();
        @Nullable TunnelStream opened = to.open(ready.headers(), end, this);
        if (opened == null) {
            return false;
        }
        connection = to;
        stream = opened;
        endWritten = end;
        clock.start();
        send();
        opened.flush();
        return true;
    }

    /** The origin speaks HTTP/1.1 only: everything goes there. */
    void fallBack(HttpOriginProxy to, @Nullable Channel fresh) {
        clock.stop();
        OriginCall next = to.proxy(request, sink, fresh);
        http1 = next;
        if (request.endStream()) {
            return;
        }
        for (@Nullable ByteBuf data = body.poll(); data != null; data = body.poll()) {
            next.data(data, false);
        }
        body.forget();
        if (trailers != null) {
            next.trailers(trailers);
        } else if (body.hasEnded()) {
            next.data(Unpooled.EMPTY_BUFFER, true);
        }
        next.flush();
    }

    // The request.

    @Override
    public void data(ByteBuf data, boolean end) {
        if (http1 != null) {
            http1.data(data, end);
            return;
        }
        clock.progress();
        if (over) {
            int bytes = data.readableBytes();
            data.release();
            sink.consumed(bytes);
            return;
        }
        try {
            body.add(data, end);
            send();
        } catch (OriginException e) {
            failed(e);
        }
    }

    @Override
    public void trailers(Http2Headers received) {
        if (http1 != null) {
            http1.trailers(received);
            return;
        }
        if (over) {
            return;
        }
        try {
            trailers = Http2Heads.trailers(received);
            body.end();
            send();
        } catch (OriginException e) {
            failed(e);
        }
    }

    /** Writes what there is to write. */
    private void send() {
        @Nullable TunnelStream to = stream;
        if (to == null || endWritten) {
            return;
        }
        @Nullable ByteBuf data = body.poll();
        while (data != null) {
            @Nullable ByteBuf next = body.poll();
            endWritten = next == null && body.hasEnded() && trailers == null;
            to.writeData(data, endWritten);
            data = next;
        }
        if (body.hasEnded() && !endWritten) {
            endWritten = true;
            if (trailers == null || trailers.isEmpty()) {
                to.writeData(Unpooled.EMPTY_BUFFER, true);
            } else {
                to.writeHeaders(trailers, true);
            }
        }
        if (to.isWritable()) {
            giveCredit();
        }
    }

    private void giveCredit() {
        int credit = body.takeCredit();
        if (credit > 0) {
            sink.consumed(credit);
        }
    }

    @Override
    public void flush() {
        if (http1 != null) {
            http1.flush();
        } else if (stream != null) {
            stream.flush();
        }
    }

    @Override
    public void onWritabilityChanged() {
        if (!over && stream != null && stream.isWritable()) {
            clock.progress();
            giveCredit();
        }
    }

    @Override
    public void cancel() {
        if (http1 != null) {
            http1.cancel();
        } else if (!over) {
            end();
            abort();
        }
    }

    // The response.

    @Override
    public void writabilityChanged() {
        if (http1 != null) {
            http1.writabilityChanged();
        } else if (stream != null && uncredited > 0 && sink.isWritable()) {
            int credit = uncredited;
            uncredited = 0;
            stream.consumed(credit);
        }
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean end) {
        if (over) {
            return;
        }
        HttpHeaders fields = Http2Heads.fields(headers);
        @Nullable String wrong = ResponseCheck.fields(fields);
        if (wrong != null) {
            broken(wrong);
        } else if (responded) {
            sink.trailers(fields);
            complete();
        } else {
            onHead(Http2Heads.status(headers), fields, end);
        }
    }

    private void onHead(int status, HttpHeaders fields, boolean end) {
        if (status < 100 || status == SWITCHING_PROTOCOLS || (status < FIRST_FINAL_STATUS && end)) {
            broken("the status is " + status + (end ? ", and nothing follows" : ""));
            return;
        }
        if (status < FIRST_FINAL_STATUS) {
            sink.interim(status, fields);
            flushLater();
            return;
        }
        responded = true;
        clock.stop();
        body.forget();
        bodiless = request.method().equals("HEAD") || status == 204 || status == 304;
        sink.head(status, fields, end);
        if (end) {
            complete();
        } else {
            flushLater();
        }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
        int bytes = data.readableBytes();
        boolean misplaced = bytes > 0 && (bodiless || !responded);
        if (over || misplaced) {
            data.release();
            if (!over) {
                broken(responded ? "a body where none may be" : "a body before its head");
            }
            return;
        }
        sink.data(data, end);
        if (end) {
            complete();
            return;
        }
        flushLater();
        @Nullable TunnelStream from = stream;
        if (from != null && sink.isWritable()) {
            from.consumed(bytes);
        } else {
            uncredited += bytes;
        }
    }

    private void flushLater() {
        if (!flushDue && connection != null) {
            flushDue = true;
            connection.flushAfterBatch(this);
        }
    }

    void flushSink() {
        flushDue = false;
        sink.flush();
    }

    private void complete() {
        flushLater();
        @Nullable TunnelStream used = stream;
        boolean takesAll = endWritten && used != null && used.isWritable();
        end();
        stream = null;
        if (used != null && !takesAll) {
            used.reset(Http2Error.CANCEL); // the origin has answered without the rest of the body
        }
    }

    @Override
    public void onReset(long errorCode) {
        @Nullable Http2OriginConnection lost = connection;
        @Nullable Http2Pool from = pool;
        stream = null;
        connection = null;
        if (over || lost == null || from == null) {
            return;
        }
        @Nullable HttpOriginProxy fallback = proxy.http1();
        if (errorCode == Http2Error.HTTP_1_1_REQUIRED.code() && fallback != null && !responded && !body.hasBegun()) {
            proxy.noteHttp1();
            fallBack(fallback, null);
        } else if (mayBeSentAgain(errorCode)) {
            left = lost;
            clock.stop();
            body.rewind();
            from.serve(this);
        } else if (errorCode == TunnelStream.CONNECTION_LOST) {
            broken("the connection broke");
        } else {
            broken("it ended the stream with " + name(errorCode));
        }
    }

    private boolean mayBeSentAgain(long errorCode) {
        boolean untouched = errorCode == Http2Error.REFUSED_STREAM.code();
        boolean stale =
                errorCode == TunnelStream.CONNECTION_LOST && connectionWasUsed && IDEMPOTENT.contains(request.method());
        return left == null && !responded && body.isReplayable() && (untouched || stale);
    }

    private static String name(long errorCode) {
        @Nullable Http2Error known = Http2Error.valueOf(errorCode);
        return known == null ? "error " + errorCode : known.name();
    }

    // Endings.

    private void silent() {
        failed(OriginException.silent(proxy.dialer().address(), proxy.options().responseTimeout()));
    }

    private void broken(String what) {
        String origin = "Origin " + proxy.dialer().address();
        failed(
                responded
                        ? new OriginException(
                                OriginFailure.RESPONSE_CUT_SHORT,
                                origin + " broke its response off: " + what
                                        + ". The visitor sees it break off. Look at the service's log.",
                                null)
                        : new OriginException(
                                OriginFailure.RESPONSE_INVALID,
                                origin + " gave no valid HTTP/2 response: " + what + ". Look at the service's log.",
                                null));
    }

    void failed(OriginException failure) {
        if (over) {
            return;
        }
        end();
        abort();
        sink.fail(failure.failure(), OriginException.text(failure), failure.getCause());
        sink.flush();
    }

    private void end() {
        over = true;
        clock.stop();
        body.drop();
        giveCredit();
    }

    private void abort() {
        @Nullable TunnelStream used = stream;
        stream = null;
        if (used != null) {
            used.reset(Http2Error.CANCEL);
        }
        if (pool != null) {
            pool.withdraw(this);
        }
    }
}
