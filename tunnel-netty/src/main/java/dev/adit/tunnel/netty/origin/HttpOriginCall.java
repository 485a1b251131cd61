package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to an HTTP/1.1 origin and its answer on the way back. Used on its event loop only.
 *
 * <p>Reads from the origin only while the sink is writable. Gives the visitor credit for body bytes when the origin's
 * socket is writable after them. A request that failed on a connection from the pool, before any byte of a response and
 * of its own body, is sent once more on a fresh one, since the origin may just have closed the idle connection.
 */
final class HttpOriginCall implements OriginCall, OriginDialer.Outcome {

    private final HttpOriginProxy proxy;
    private final OriginPool pool;
    private final ProxiedRequest request;
    private final ResponseSink sink;
    private final ResponseClock clock;

    private @Nullable RequestHead head;
    private String serverName = "";
    private RequestBody body;
    private @Nullable HttpHeaders trailers;
    private @Nullable Dial dial;
    private @Nullable OriginConnection connection;
    private @Nullable ChannelFuture lastWrite;
    private boolean headWritten;
    private boolean bodyWritten;
    private boolean endWritten;
    private boolean outputShut;
    private boolean interim;
    private boolean responded;
    private boolean untilClose;
    private boolean keepAlive;
    private boolean raw;
    private @Nullable WebSocketRelay relay;
    private boolean over;

    HttpOriginCall(HttpOriginProxy proxy, OriginPool pool, ProxiedRequest request, ResponseSink sink) {
        this.proxy = proxy;
        this.pool = pool;
        this.request = request;
        this.sink = sink;
        clock = new ResponseClock(proxy.options().responseTimeout(), sink.eventLoop(), this::silent);
        body = new RequestBody(-1, request.endStream());
    }

    /**
     * Begins.
     *
     * @param fresh a connection nothing was sent on yet, to be used before any other; null if there is none
     */
    void start(@Nullable Channel fresh) {
        RequestHead checked;
        try {
            checked = RequestHead.of(request, proxy.options());
        } catch (OriginException e) {
            if (fresh != null) {
                fresh.close();
            }
            failed(e);
            return;
        }
        head = checked;
        body = new RequestBody(checked.contentLength(), request.endStream());
        serverName = proxy.dialer().serverName(checked.host());
        if (fresh != null) {
            connected(fresh);
            return;
        }
        @Nullable OriginConnection idle = pool.take(serverName);
        if (idle == null) {
            dial();
            return;
        }
        use(idle, checked);
        if (request.endStream()) {
            send();
            flush();
        } else {
            sink.eventLoop().execute(this::flush); // a body that comes in the same batch goes out with the head
        }
    }

    private void dial() {
        dial = new Dial(proxy.dialer(), pool.loop(), serverName, false, this);
        dial.start();
    }

    @Override
    public void connected(Channel channel) {
        dial = null;
        OriginConnection fresh = new OriginConnection(channel, pool, serverName);
        fresh.install();
        @Nullable RequestHead checked = head;
        if (over || checked == null) {
            fresh.close();
            return;
        }
        use(fresh, checked);
        send();
        flush();
    }

    private void use(OriginConnection next, RequestHead checked) {
        connection = next;
        next.begin(this, checked.isHead());
        next.read(sink.isWritable());
    }

    // The request.

    @Override
    public void data(ByteBuf data, boolean end) {
        clock.progress();
        if (over || outputShut) {
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
        if (over) {
            return;
        }
        try {
            trailers = checkedTrailers(received);
            body.end();
            send();
        } catch (OriginException e) {
            failed(e);
        }
    }

    private static HttpHeaders checkedTrailers(Http2Headers received) throws OriginException {
        HttpHeaders checked = DefaultHttpHeadersFactory.trailersFactory()
                .withValidation(false)
                .newHeaders();
        for (Map.Entry<CharSequence, CharSequence> field : received) {
            RequestHead.checkName(field.getKey());
            RequestHead.checkValue(field.getKey(), field.getValue());
            if (!RequestHead.isFraming(field.getKey())) {
                checked.add(field.getKey(), field.getValue());
            }
        }
        return checked;
    }

    /** Writes what there is to write. */
    private void send() {
        @Nullable OriginConnection to = connection;
        if (to == null || over || outputShut) {
            return;
        }
        sendHead(to);
        if (request.webSocket() && !raw) {
            return; // not one byte before both sides have agreed
        }
        @Nullable ByteBuf data = body.poll();
        while (data != null) {
            int bytes = data.readableBytes();
            bodyWritten = true;
            lastWrite = to.write(raw ? data : new DefaultHttpContent(data));
            body.written(bytes);
            data = body.poll();
        }
        if (to.isWritable()) {
            giveCredit();
        }
        if (body.hasEnded() && !endWritten) {
            sendEnd(to);
        }
    }

    private void sendHead(OriginConnection to) {
        @Nullable RequestHead ready = head;
        if (headWritten || ready == null) {
            return;
        }
        headWritten = true;
        lastWrite = to.write(ready.framed(body.isEmpty() && trailers == null));
        clock.start();
    }

    private void sendEnd(OriginConnection to) {
        endWritten = true;
        if (raw) {
            var unused = to.write(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            to.flush();
            return;
        }
        if (request.webSocket()) {
            return;
        }
        lastWrite = to.write(
                trailers == null
                        ? LastHttpContent.EMPTY_LAST_CONTENT
                        : new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers));
    }

    private void giveCredit() {
        int credit = body.takeCredit();
        if (credit > 0) {
            sink.consumed(credit);
        }
    }

    @Override
    public void flush() {
        if (over) {
            return;
        }
        send();
        if (connection != null) {
            connection.flush();
        }
    }

    void onOriginWritable() {
        if (connection != null && connection.isWritable()) {
            clock.progress();
            giveCredit();
        }
    }

    /** The origin takes no more. Its answer may be there all the same, so reading goes on. */
    void onOutputShut() {
        outputShut = true;
        body.drop();
        giveCredit();
    }

    @Override
    public void cancel() {
        if (over) {
            return;
        }
        end();
        abort();
    }

    @Override
    public void goingAway() {
        if (!over && relay != null) {
            relay.goingAway();
        }
    }

    // The response.

    @Override
    public void writabilityChanged() {
        if (!over && connection != null) {
            connection.read(sink.isWritable());
        }
    }

    /** Takes ownership of what the connection read. */
    void onRead(Object message) {
        if (over) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof ByteBuf bytes && relay != null) {
            relay.toVisitor(bytes);
        } else if (message instanceof HttpObject object
                && object.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            broken(
                    OriginException.text(object.decoderResult().cause()),
                    object.decoderResult().cause());
        } else if (message instanceof HttpResponse response) {
            onHead(response);
        } else {
            onContent((HttpContent) message);
        }
        if (!over && !sink.isWritable() && connection != null) {
            connection.read(false);
        }
    }

    private void onHead(HttpResponse response) {
        @Nullable String wrong = ResponseCheck.head(response);
        if (wrong != null) {
            broken(wrong, null);
            return;
        }
        int status = response.status().code();
        interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (status == 101) {
            onUpgrade(response.headers());
        } else if (interim) {
            sink.interim(status, response.headers());
        } else {
            responded = true;
            clock.stop();
            boolean empty = isWithoutBody(response, status);
            boolean framed = empty
                    || HttpUtil.isTransferEncodingChunked(response)
                    || response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
            untilClose = !framed;
            keepAlive = framed && HttpUtil.isKeepAlive(response);
            sink.head(status, response.headers(), empty);
            if (empty) {
                complete();
            }
        }
    }

    private boolean isWithoutBody(HttpResponse response, int status) {
        return request.method().equals("HEAD")
                || status == 204
                || status == 304
                || "0".equals(response.headers().get(HttpHeaderNames.CONTENT_LENGTH));
    }

    private void onUpgrade(HttpHeaders headers) {
        @Nullable
        String wrong = request.webSocket()
                ? ResponseCheck.upgrade(headers, request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY))
                : "101 although no upgrade was asked for";
        if (wrong != null) {
            broken(wrong, null);
            return;
        }
        responded = true;
        raw = true;
        relay = new WebSocketRelay(sink);
        clock.stop();
        sink.head(101, headers, false);
    }

    private void onContent(HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        if (interim) {
            content.release();
            if (raw && last) {
                becomeRaw();
            }
            return;
        }
        if (!last) {
            sink.data(content.content(), false);
            return;
        }
        if (untilClose && connection != null && connection.isCutOff()) {
            content.release();
            broken("TLS ended without its close message, so that the end cannot be trusted", null);
            return;
        }
        HttpHeaders received = ((LastHttpContent) content).trailingHeaders();
        @Nullable String wrong = ResponseCheck.fields(received);
        if (wrong != null) {
            content.release();
            broken(wrong, null);
        } else if (received.isEmpty()) {
            sink.data(content.content(), true);
            complete();
        } else {
            content.release();
            sink.trailers(received);
            complete();
        }
    }

    private void becomeRaw() {
        if (connection != null) {
            connection.becomeRaw();
            send();
            flush();
        }
    }

    void onReadComplete() {
        sink.flush();
    }

    private void complete() {
        @Nullable OriginConnection used = connection;
        boolean wholeRequest = endWritten && lastWrite != null && lastWrite.isSuccess();
        end();
        if (used != null) {
            if (wholeRequest) {
                used.finish(keepAlive);
            } else {
                sink.flush();
                used.abort(); // the rest of the body must not be taken for a request
            }
        }
    }

    /** The connection ended, with an error if there is a cause. */
    void onGone(@Nullable Throwable cause) {
        @Nullable OriginConnection lost = connection;
        @Nullable RequestHead again = head;
        connection = null;
        if (over || lost == null || again == null) {
            return;
        }
        if (raw && cause == null && !lost.isCutOff()) {
            end();
            sink.data(Unpooled.EMPTY_BUFFER, true);
            sink.flush();
        } else if (lost.isReused() && !lost.hasBegun() && mayBeSentAgain(again)) {
            headWritten = false;
            endWritten = false;
            outputShut = false;
            clock.stop();
            dial();
        } else {
            broken(cause == null ? "it closed the connection" : OriginException.text(cause), cause);
        }
    }

    private boolean mayBeSentAgain(RequestHead again) {
        boolean dropped = outputShut && !body.isEmpty();
        return !bodyWritten && !dropped && (again.isIdempotent() || !body.isEmpty());
    }

    // Endings.

    private void silent() {
        failed(OriginException.silent(proxy.address(), proxy.options().responseTimeout()));
    }

    private void broken(String what, @Nullable Throwable cause) {
        failed(OriginException.broken(proxy.address(), responded, what, cause));
    }

    /** Also takes the outcome of dialling. */
    @Override
    public void failed(OriginException failure) {
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
        @Nullable OriginConnection used = connection;
        connection = null;
        if (used != null) {
            used.abort();
        }
        if (dial != null) {
            dial.cancel();
            dial = null;
        }
    }
}
