package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.netty.wire.HopByHop;
import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.UserHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;

/** Turns an origin's headers into those of a tunnel stream. Source: protocol of cloudflared 2026.8.2, {@code connection/http2.go}. */
final class ResponseHeaders {

    private static final int CONTINUE = 100;
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;

    private ResponseHeaders() {}

    /**
     * Makes the head of an origin's response. 101 becomes 200, as HTTP/2 has no 101; its own hop-by-hop fields stay, for
     * the edge tells an accepted WebSocket by them.
     *
     * @param headers changed: hop-by-hop fields are removed
     */
    static Http2Headers ofOrigin(int status, HttpHeaders headers) throws MalformedHeadersException {
        boolean upgraded = status == SWITCHING_PROTOCOLS;
        if (!upgraded) {
            HopByHop.strip(headers);
        }
        Http2Headers head = new DefaultHttp2Headers(false)
                .status(text(upgraded ? OK : status))
                .set(TunnelHeaders.RESPONSE_META, ResponseMeta.ORIGIN.value())
                .set(TunnelHeaders.RESPONSE_HEADERS, UserHeaders.encode(headers));
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        if (length != null && status != NO_CONTENT && !upgraded) {
            head.set(HttpHeaderNames.CONTENT_LENGTH, length);
        }
        return head;
    }

    /**
     * Makes an interim response. 100 has no headers of its own; those of the others, which only an Adit edge gets, are
     * serialised like a final response's.
     */
    static Http2Headers interim(int status, HttpHeaders headers) throws MalformedHeadersException {
        Http2Headers head = new DefaultHttp2Headers(false).status(text(status));
        if (status != CONTINUE) {
            HopByHop.strip(headers);
            head.set(TunnelHeaders.RESPONSE_HEADERS, UserHeaders.encode(headers));
        }
        return head;
    }

    /** Makes the connector's own answer in the origin's place. */
    static Http2Headers failure(int status, ResponseMeta meta) {
        Http2Headers head =
                new DefaultHttp2Headers(false).status(text(status)).set(TunnelHeaders.RESPONSE_META, meta.value());
        if (meta == ResponseMeta.ORIGIN) {
            head.set(TunnelHeaders.RESPONSE_HEADERS, AsciiString.EMPTY_STRING);
        }
        return head.set(HttpHeaderNames.CONTENT_LENGTH, AsciiString.of("0"));
    }

    private static AsciiString text(int status) {
        return HttpResponseStatus.valueOf(status).codeAsText();
    }

    /** Makes trailers. They travel plainly, names lower-case. */
    static Http2Headers trailers(HttpHeaders headers) {
        Http2Headers trailers = new DefaultHttp2Headers(false);
        var entries = headers.iteratorCharSequence();
        while (entries.hasNext()) {
            Map.Entry<CharSequence, CharSequence> entry = entries.next();
            AsciiString name = AsciiString.of(entry.getKey()).toLowerCase();
            boolean forbidden = name.isEmpty()
                    || name.charAt(0) == ':'
                    || TunnelHeaders.isInternal(name)
                    || HopByHop.isHopByHop(name)
                    || name.contentEquals(HttpHeaderNames.CONTENT_LENGTH);
            if (!forbidden) {
                trailers.add(name, AsciiString.of(entry.getValue()));
            }
        }
        return trailers;
    }
}
