package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Reads one response for each {@link #expect}. Bytes that nobody asked for are dropped and remembered as
 * {@link #hasSurplus surplus}: such a connection must not be used again.
 */
final class OriginResponseDecoder extends HttpResponseDecoder {

    static final int MAX_STATUS_LINE = 64 * 1024;
    static final int MAX_HEADERS = 256 * 1024;

    private static final int MAX_PIECE = 64 * 1024;

    private boolean expecting;
    private boolean headRequest;
    private boolean interim;
    private boolean begun;
    private boolean surplus;

    OriginResponseDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_STATUS_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxChunkSize(MAX_PIECE)
                .setHeadersFactory(DefaultHttpHeadersFactory.headersFactory().withValidation(false))
                .setTrailersFactory(DefaultHttpHeadersFactory.trailersFactory().withValidation(false)));
    }

    /** A request is about to be written: its response may come. */
    void expect(boolean headRequest) {
        this.headRequest = headRequest;
        expecting = true;
        begun = false;
    }

    /** Whether any byte came since {@link #expect}. */
    boolean hasBegun() {
        return begun;
    }

    /** Whether the origin sent bytes that belong to no request. */
    boolean hasSurplus() {
        return surplus;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (!expecting) {
            surplus |= in.isReadable();
            in.skipBytes(in.readableBytes());
            return;
        }
        begun |= in.isReadable();
        int before = out.size();
        super.decode(ctx, in, out);
        for (int i = before; i < out.size(); i++) {
            Object message = out.get(i);
            if (message instanceof HttpResponse response) {
                interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            }
            if (message instanceof LastHttpContent && !interim) {
                expecting = false;
            }
        }
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        if (headRequest) {
            return true;
        }
        int status = ((HttpResponse) message).status().code();
        return (status >= 100 && status < 200) || status == 204 || status == 304;
    }

    /** Three digits; the number parser alone would take signs and other lengths. */
    @Override
    protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
        String status = super.splitSecondWordInitialLine(line, start, length);
        if (status.length() != 3 || !status.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("status is not a number of three digits");
        }
        return status;
    }

    /** White space may stand before the colon, where it is removed (RFC 9112 section 5.1), but not inside the name. */
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        int next = start + length;
        while (next < line.length && (line[next] == ' ' || line[next] == '\t')) {
            next++;
        }
        if (next == line.length || line[next] != ':') {
            throw new IllegalArgumentException("white space inside a header name");
        }
        return super.splitHeaderName(line, start, length);
    }

    /** RFC 9112 section 6.3: a response that has both is refused, since one of the two lies. */
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }
}
