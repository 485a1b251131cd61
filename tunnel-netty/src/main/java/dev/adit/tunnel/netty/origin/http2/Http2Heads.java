package dev.adit.tunnel.netty.origin.http2;

import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.origin.RequestHead;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a visitor's request into HTTP/2 headers for the origin, and the origin's into the sink's. */
final class Http2Heads {

    /**
     * A request's head, checked.
     *
     * @param headers not to be changed
     * @param host the {@code Host} that is sent, perhaps empty
     * @param contentLength bytes of body that were announced, -1 if none were
     */
    record Request(Http2Headers headers, String host, long contentLength) {}

    private Http2Heads() {}

    /**
     * Makes the head that the origin gets: pseudo-headers of our own, then what the visitor sent but for internal,
     * hop-by-hop and framing fields. Cookie crumbs become one field (RFC 9113 section 8.2.3).
     *
     * @throws OriginException if the visitor's request cannot be passed on
     */
    static Request request(ProxiedRequest request, OriginOptions options, boolean tls) throws OriginException {
        RequestHead.checkLine(request);
        String original = request.authority();
        @Nullable String replaced = options.httpHostHeader();
        String host = replaced == null ? original : replaced;
        RequestHead.checkValue(HttpHeaderNames.HOST, host);
        Http2Headers head = new DefaultHttp2Headers(false)
                .method(new AsciiString(request.method()))
                .scheme(tls ? "https" : "http")
                .path(new AsciiString(request.target()));
        if (!host.isEmpty()) {
            head.authority(new AsciiString(host));
        }
        long length = copy(request.headers(), head, replaced != null);
        if (replaced != null) {
            RequestHead.checkValue(TunnelHeaders.X_FORWARDED_HOST, original);
            head.set(TunnelHeaders.X_FORWARDED_HOST, new AsciiString(original));
        }
        if (request.endStream() && length > 0) {
            throw RequestHead.invalid("announces " + length + " bytes of body and has none");
        }
        return new Request(head, host, length);
    }

    private static long copy(Http2Headers from, Http2Headers to, boolean hostReplaced) throws OriginException {
        long length = -1;
        @Nullable StringBuilder cookies = null;
        for (Map.Entry<CharSequence, CharSequence> field : from) {
            CharSequence name = field.getKey();
            CharSequence value = field.getValue();
            if (name.length() > 0 && name.charAt(0) == ':') {
                continue;
            }
            RequestHead.checkName(name);
            RequestHead.checkValue(name, value);
            if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
                length = RequestHead.length(value, length);
            } else if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)) {
                cookies = cookies == null
                        ? new StringBuilder(value)
                        : cookies.append("; ").append(value);
            } else if (isPassedOn(name, value) && !(hostReplaced && RequestHead.isForwardedHost(name))) {
                to.add(lowerCase(name), value);
            }
        }
        if (cookies != null) {
            to.add(HttpHeaderNames.COOKIE, new AsciiString(cookies));
        }
        if (length >= 0) {
            to.set(HttpHeaderNames.CONTENT_LENGTH, AsciiString.of(Long.toString(length)));
        }
        return length;
    }

    /** {@code Trailer} is no field of one hop in HTTP/2, and of {@code TE} one value is allowed (RFC 9113 section 8.2.2). */
    private static boolean isPassedOn(CharSequence name, CharSequence value) {
        if (HttpHeaderNames.TE.contentEqualsIgnoreCase(name)) {
            return AsciiString.contentEqualsIgnoreCase(value, HttpHeaderValues.TRAILERS);
        }
        return HttpHeaderNames.TRAILER.contentEqualsIgnoreCase(name) || !RequestHead.isOurs(name);
    }

    /** Makes the request's trailers, checked. */
    static Http2Headers trailers(Http2Headers received) throws OriginException {
        Http2Headers trailers = new DefaultHttp2Headers(false);
        for (Map.Entry<CharSequence, CharSequence> field : received) {
            RequestHead.checkName(field.getKey());
            RequestHead.checkValue(field.getKey(), field.getValue());
            if (!RequestHead.isFraming(field.getKey())) {
                trailers.add(lowerCase(field.getKey()), field.getValue());
            }
        }
        return trailers;
    }

    /** HTTP/2 has no other names. */
    private static AsciiString lowerCase(CharSequence name) {
        return AsciiString.of(name).toLowerCase();
    }

    /** Returns the status of a response, -1 if it has none of three digits. */
    static int status(Http2Headers head) {
        @Nullable CharSequence status = head.status();
        if (status == null || status.length() != 3) {
            return -1;
        }
        int code = 0;
        for (int i = 0; i < 3; i++) {
            int digit = status.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            code = code * 10 + digit;
        }
        return code;
    }

    /** Makes the fields of a response's head or trailers, in the origin's order. */
    static HttpHeaders fields(Http2Headers received) {
        HttpHeaders fields =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        for (Map.Entry<CharSequence, CharSequence> field : received) {
            CharSequence name = field.getKey();
            if (name.length() == 0 || name.charAt(0) != ':') {
                fields.add(name, field.getValue());
            }
        }
        return fields;
    }
}
