package dev.adit.tunnel.netty.edge.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Netty's decoder with what it forgives refused: folded lines, other white space than one space in the request line,
 * control octets, repeated Content-Length in HTTP/1.0 too. It looks at the octets of each head before they are gone; a head
 * that breaks a rule comes out with a failed {@link DecoderResult}. Source: RFC 9112 sections 2.2, 3, 5 and 6.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {

    /** Octets of a request line: the longest target, a method, a version. */
    private static final int MAX_LINE = RequestReader.MAX_TARGET + 128;

    /** Octets of a head's fields, names, values and separators. */
    private static final int MAX_HEADERS = 64 * 1024;

    /** Octets handed on in one piece. */
    private static final int MAX_CHUNK = 64 * 1024;

    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");

    /** How a request line ends; D stands for a digit. */
    private static final AsciiString VERSION = AsciiString.cached(" HTTP/D.D");

    private boolean inHead = true;
    private boolean inFields;
    private int contentLengths;
    private @Nullable String violation;

    StrictRequestDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxChunkSize(MAX_CHUNK)
                .setAllowDuplicateContentLengths(false)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true));
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out) throws Exception {
        int from = buffer.readerIndex();
        int before = out.size();
        super.decode(ctx, buffer, out);
        if (inHead) {
            readLines(buffer, from, buffer.readerIndex());
        }
        for (int i = before; i < out.size(); i++) {
            HttpObject message = (HttpObject) out.get(i);
            if (message instanceof HttpRequest
                    && violation != null
                    && message.decoderResult().isSuccess()) {
                message.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(violation)));
            }
            inHead = message instanceof LastHttpContent;
            if (inHead) {
                inFields = false;
                contentLengths = 0;
                violation = null;
            }
        }
    }

    /** Looks at complete lines of a head; the decoder never stops within one. */
    private void readLines(ByteBuf buffer, int from, int to) {
        int start = from;
        while (start < to) {
            int lf = buffer.indexOf(start, to, (byte) '\n');
            int end = lf < 0 ? to : lf;
            int length = end > start && buffer.getByte(end - 1) == '\r' ? end - start - 1 : end - start;
            if (length > 0) {
                if (inFields) {
                    readField(buffer, start, length);
                } else {
                    inFields = true;
                    readRequestLine(buffer, start, length);
                }
            }
            start = end + 1;
        }
    }

    private void readRequestLine(ByteBuf buffer, int start, int length) {
        int spaces = 0;
        for (int i = start; i < start + length; i++) {
            int octet = buffer.getByte(i) & 0xFF;
            if (octet == ' ') {
                spaces++;
            } else if (octet < ' ' || octet == 0x7F) {
                violation = "control octet in the request line";
            }
        }
        if (spaces != 2 || buffer.getByte(start) == ' ' || !endsWithVersion(buffer, start, length)) {
            violation = "the request line is not a method, a target and a version with one space between";
        }
    }

    private static boolean endsWithVersion(ByteBuf buffer, int start, int length) {
        int from = start + length - VERSION.length();
        for (int i = 0; i < VERSION.length(); i++) {
            int octet = from < start ? 0 : buffer.getByte(from + i);
            byte wanted = VERSION.byteAt(i);
            if (wanted == 'D' ? octet < '0' || octet > '9' : octet != wanted) {
                return false;
            }
        }
        return true;
    }

    private void readField(ByteBuf buffer, int start, int length) {
        byte first = buffer.getByte(start);
        if (first == ' ' || first == '\t') {
            violation = "folded header line";
        } else if (length > CONTENT_LENGTH.length()
                && buffer.getByte(start + CONTENT_LENGTH.length()) == ':'
                && isContentLength(buffer, start)
                && ++contentLengths > 1) {
            violation = "repeated Content-Length";
        }
    }

    private static boolean isContentLength(ByteBuf buffer, int start) {
        for (int i = 0; i < CONTENT_LENGTH.length(); i++) {
            if (Character.toLowerCase(buffer.getByte(start + i) & 0xFF) != CONTENT_LENGTH.byteAt(i)) {
                return false;
            }
        }
        return true;
    }
}
