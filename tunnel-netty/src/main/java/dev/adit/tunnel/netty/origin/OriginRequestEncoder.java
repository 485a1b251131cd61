package dev.adit.tunnel.netty.origin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.util.AsciiString;
import io.netty.util.CharsetUtil;

/**
 * Writes the request line octet by octet. Netty's own encodes the target anew as UTF-8 and repairs it; here it goes out
 * as it came in.
 */
final class OriginRequestEncoder extends HttpRequestEncoder {

    private static final AsciiString VERSION_AND_END = AsciiString.cached(" HTTP/1.1\r\n");

    @Override
    protected void encodeInitialLine(ByteBuf out, HttpRequest request) {
        ByteBufUtil.copy(request.method().asciiName(), out);
        out.writeByte(' ');
        out.writeCharSequence(request.uri(), CharsetUtil.ISO_8859_1);
        ByteBufUtil.copy(VERSION_AND_END, out);
    }
}
