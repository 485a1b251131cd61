package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginRequest;
import dev.adit.tunnel.OriginWebSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One exchange with a blocking handler. Used on the handler's thread; the event loop's side is {@link HandlerCall}. */
final class BlockingExchange implements OriginExchange {

    private static final Logger LOG = LoggerFactory.getLogger(BlockingExchange.class);

    private final HandlerCall call;
    private final OriginRequest request;
    private final ResponseQueue response;
    private final BodyInput input;
    private volatile HeaderFields trailers = HeaderFields.empty();
    private volatile boolean whole;
    private volatile @Nullable BodyOutput output;
    private volatile @Nullable HandlerWebSocket webSocket;

    BlockingExchange(HandlerCall call, OriginRequest request) {
        this.call = call;
        this.request = request;
        response = call.response();
        input = new BodyInput(call.body());
    }

    @Override
    public OriginRequest request() {
        return request;
    }

    @Override
    public InputStream body() {
        return request.webSocket() ? InputStream.nullInputStream() : input;
    }

    @Override
    public HeaderFields requestTrailers() {
        return input.trailers();
    }

    @Override
    public void inform(int status, HeaderFields headers) throws IOException {
        MessageHeads.checkInterimStatus(status);
        response.interim(status, MessageHeads.http(headers));
    }

    @Override
    public void respond(int status, HeaderFields headers, byte[] body) throws IOException {
        HttpHeaders head = MessageHeads.whole(request.method(), status, headers, body.length);
        boolean bodiless = MessageHeads.isBodiless(request.method(), status);
        int length = bodiless ? 0 : body.length;
        int sent = Math.min(length, ResponseQueue.CHUNK);
        boolean plainEnd = bodiless || trailers.isEmpty();
        response.begin(status, head, piece(body, 0, sent), sent == length && plainEnd);
        while (sent < length) {
            response.awaitRoom();
            int bytes = Math.min(length - sent, ResponseQueue.CHUNK);
            response.data(piece(body, sent, bytes));
            sent += bytes;
        }
        whole = true;
        response.end(MessageHeads.http(trailers));
    }

    @Override
    public OutputStream respond(int status, HeaderFields headers) throws IOException {
        MessageHeads.checkStatus(status);
        long declared = MessageHeads.declaredLength(headers);
        boolean bodiless = MessageHeads.isBodiless(request.method(), status);
        response.begin(status, MessageHeads.http(headers), Unpooled.EMPTY_BUFFER, bodiless);
        BodyOutput.Kind kind = MessageHeads.mustBeEmpty(status)
                ? BodyOutput.Kind.EMPTY
                : bodiless ? BodyOutput.Kind.HEAD : BodyOutput.Kind.BODY;
        BodyOutput opened = new BodyOutput(this, response, kind, declared);
        output = opened;
        return opened;
    }

    @Override
    public void trailers(HeaderFields fields) {
        BodyOutput opened = output;
        if (whole || webSocket != null || (opened != null && opened.isClosed())) {
            throw new IllegalStateException("The response is complete. Set trailers before its body is closed.");
        }
        trailers = fields;
    }

    HttpHeaders trailersToSend() {
        return MessageHeads.http(trailers);
    }

    @Override
    public OriginWebSocket acceptWebSocket(HeaderFields headers) throws IOException {
        HttpHeaders head = WebSocketHandshake.answer(request, headers);
        HandlerWebSocket opened = new HandlerWebSocket(call);
        response.begin(101, head, Unpooled.EMPTY_BUFFER, false);
        webSocket = opened;
        opened.open();
        return opened;
    }

    @Override
    public boolean isCancelled() {
        return call.cancellation().isCancelled();
    }

    @Override
    public void onCancel(Runnable action) {
        call.cancellation().onCancel(action);
    }

    @Override
    public Optional<Instant> deadline() {
        return call.deadline();
    }

    /** The handler returned: completes the response, or fails it if something is missing. */
    void returned() throws IOException {
        HandlerWebSocket socket = webSocket;
        BodyOutput opened = output;
        if (socket != null) {
            socket.close();
        } else if (opened != null) {
            opened.handlerReturned();
        } else if (!whole) {
            response.fail(
                    OriginFailure.HANDLER_FAILED,
                    "The in-process handler returned without responding to " + this
                            + ". Call respond on every way out.",
                    null);
        }
    }

    /** The handler threw: fails the response, visibly. */
    void failed(Throwable cause) {
        HandlerWebSocket socket = webSocket;
        if (socket != null) {
            if (!isCancelled()) {
                LOG.warn(
                        "The in-process handler failed in the WebSocket of {}; it is closed with status 1011.",
                        this,
                        cause);
            }
            socket.close(1011, "");
            return;
        }
        String message = "The in-process handler threw " + cause.getClass().getName() + " for " + this + ".";
        if (!response.fail(OriginFailure.HANDLER_FAILED, message, cause)) {
            if (isCancelled()) {
                LOG.debug("{} The request was cancelled before.", message, cause);
            } else {
                LOG.warn("{} Its response had ended before.", message, cause);
            }
        }
    }

    /** The handler is done, whatever the way: nothing is read any more. */
    void over() {
        if (webSocket == null) { // else the WebSocket has taken over what comes, until it is closed
            input.close("The exchange is over: its handler has returned.");
        }
    }

    private static ByteBuf piece(byte[] from, int offset, int length) {
        return length == 0
                ? Unpooled.EMPTY_BUFFER
                : Unpooled.wrappedBuffer(Arrays.copyOfRange(from, offset, offset + length));
    }

    @Override
    public String toString() {
        return call.name();
    }
}
