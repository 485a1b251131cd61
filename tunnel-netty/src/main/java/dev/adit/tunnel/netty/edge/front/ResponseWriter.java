package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.wire.HopByHop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Writes one response to a visitor and frames it: by the length that the origin declared, else in chunks, else by closing
 * the connection. A response that does not keep what it declared is cut, visibly. Runs on the visitor's event loop;
 * nothing is flushed here but at the end.
 */
final class ResponseWriter {

    private static final long UNKNOWN = -1;

    private final ChannelHandlerContext ctx;
    private final VisitorRequest request;
    private boolean keepAlive;
    private boolean begun;
    private boolean bodiless;
    private boolean chunked;
    private long declared = UNKNOWN;
    private long written;
    private int status;

    ResponseWriter(ChannelHandlerContext ctx, VisitorRequest request) {
        this.ctx = ctx;
        this.request = request;
        this.keepAlive = request.keepAlive();
    }

    /** Whether a final head was written: from then on a failure can only be shown by cutting. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether the connection may be used again after this response. */
    boolean keepsAlive() {
        return keepAlive;
    }

    /** Says, before the head is written, that the connection will be closed afterwards. */
    void closeAfterwards() {
        keepAlive = false;
    }

    /** How many octets of body were written. */
    long written() {
        return written;
    }

    /** The status written, 0 before. */
    int status() {
        return status;
    }

    /** Writes an interim response; HTTP/1.0 has none. */
    void interim(ResponseHead head) {
        if (!request.http10() && !begun) {
            HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory()
                    .withValidation(false) // checked when they were decoded
                    .newHeaders();
            headers.add(head.headers());
            HopByHop.strip(headers);
            // A whole message, so that the encoder is ready for the next head.
            ctx.write(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(head.status()),
                    Unpooled.EMPTY_BUFFER,
                    headers,
                    EmptyHttpHeaders.INSTANCE));
        }
    }

    /**
     * Writes the head.
     *
     * @return false if it contradicts itself; nothing was written then
     */
    boolean head(ResponseHead head) {
        HttpHeaders headers = head.headers();
        HopByHop.strip(headers);
        bodiless = request.isHead() || head.status() == 204 || head.status() == 205 || head.status() == 304;
        if (!readLength(headers) || (head.endStream() && !bodiless && declared > 0)) {
            return false;
        }
        if (declared == UNKNOWN && !bodiless) {
            if (head.endStream()) {
                headers.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
            } else if (request.http10()) {
                keepAlive = false;
            } else {
                chunked = true;
                headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
        }
        write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(head.status()), headers));
        return true;
    }

    /** Writes the head of a successful upgrade; raw octets follow in both directions. */
    void switchingProtocols(HttpHeaders headers) {
        HopByHop.strip(headers);
        headers.remove(HttpHeaderNames.CONTENT_LENGTH);
        headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        begun = true;
        status = 101;
        ctx.writeAndFlush(
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS, headers));
    }

    /**
     * Writes body octets.
     *
     * @param data this method <em>takes ownership</em>
     * @return false if there are more than were declared; the excess was not written
     */
    boolean data(ByteBuf data) {
        int bytes = data.readableBytes();
        if (bytes == 0 || bodiless) {
            data.release();
            return true;
        }
        if (declared != UNKNOWN && written + bytes > declared) {
            data.release();
            return false;
        }
        written += bytes;
        ctx.write(new DefaultHttpContent(data));
        return true;
    }

    /**
     * Ends the response.
     *
     * @param trailers written only where chunks allow them
     * @return false if octets are missing that were declared; nothing was written then
     */
    boolean end(HttpHeaders trailers) {
        if (!bodiless && declared != UNKNOWN && written < declared) {
            return false;
        }
        ctx.writeAndFlush(
                chunked && !trailers.isEmpty()
                        ? new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers)
                        : LastHttpContent.EMPTY_LAST_CONTENT);
        return true;
    }

    /**
     * Writes a whole response of the edge's own.
     *
     * @param response this method <em>takes ownership</em>
     */
    ChannelFuture whole(FullHttpResponse response) {
        begun = true;
        status = response.status().code();
        written = request.isHead() ? 0 : response.content().readableBytes();
        connectionHeader(response.headers());
        return ctx.writeAndFlush(response);
    }

    private void write(HttpResponse response) {
        begun = true;
        status = response.status().code();
        connectionHeader(response.headers());
        ctx.write(response);
    }

    private void connectionHeader(HttpHeaders headers) {
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (request.http10()) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    /** Reads the declared length. Several equal ones are one; anything else than digits is a contradiction. */
    private boolean readLength(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            return true;
        }
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        String first = lengths.get(0);
        boolean clear = !first.isEmpty()
                && first.length() <= 18
                && first.chars().allMatch(c -> c >= '0' && c <= '9')
                && lengths.stream().allMatch(first::equals);
        if (!clear) {
            return false;
        }
        declared = Long.parseLong(first);
        if (lengths.size() > 1) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, first);
        }
        return true;
    }
}
