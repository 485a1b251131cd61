package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.wire.HopByHop;
import dev.adit.tunnel.netty.wire.Tokens;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request's head as the origin gets it. Names and values go through as they came; pseudo-headers, internal and
 * hop-by-hop ones are left out, {@code Host} and the body's framing are ours. Everything is checked again before it
 * becomes HTTP/1.1, so that no request can turn into two.
 */
public final class RequestHead {

    private static final AsciiString TRACE = AsciiString.cached("cf-trace-id");
    private static final AsciiString WEBSOCKET_VERSION = AsciiString.cached("13");
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");
    private static final Set<String> USUALLY_WITH_BODY = Set.of("POST", "PUT", "PATCH");

    private final ProxiedRequest request;
    private final HttpHeaders headers =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    private final String host;
    private @Nullable String trailer;
    private long contentLength = -1;

    private RequestHead(ProxiedRequest request, OriginOptions options) throws OriginException {
        this.request = request;
        checkLine(request);
        String original = request.authority();
        @Nullable String replaced = options.httpHostHeader();
        host = replaced == null ? original : replaced;
        checkValue(HttpHeaderNames.HOST, host);
        headers.set(HttpHeaderNames.HOST, host);
        copy(request.headers(), replaced != null);
        if (replaced != null) {
            checkValue(TunnelHeaders.X_FORWARDED_HOST, original);
            headers.set(TunnelHeaders.X_FORWARDED_HOST, original);
        }
        if (request.webSocket()) {
            contentLength = -1;
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
            headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
            headers.set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, WEBSOCKET_VERSION);
        } else if (request.endStream() && contentLength > 0) {
            throw invalid("announces " + contentLength + " bytes of body and has none");
        }
    }

    static RequestHead of(ProxiedRequest request, OriginOptions options) throws OriginException {
        return new RequestHead(request, options);
    }

    /** The {@code Host} that is sent. */
    String host() {
        return host;
    }

    /** Bytes of body that were announced, -1 if none were. */
    long contentLength() {
        return contentLength;
    }

    boolean isHead() {
        return request.method().equals("HEAD");
    }

    boolean isIdempotent() {
        return IDEMPOTENT.contains(request.method());
    }

    /**
     * Completes the head with the body's framing. Called for each attempt, since the body may have turned out to be
     * empty in the meantime.
     *
     * @param empty whether it is known that no body and no trailers follow
     */
    HttpRequest framed(boolean empty) {
        headers.remove(HttpHeaderNames.CONTENT_LENGTH).remove(HttpHeaderNames.TRANSFER_ENCODING);
        headers.remove(HttpHeaderNames.TRAILER);
        if (request.webSocket()) {
            return line();
        }
        if (contentLength >= 0) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(contentLength));
        } else if (!empty) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            if (trailer != null) {
                headers.set(HttpHeaderNames.TRAILER, trailer);
            }
        } else if (USUALLY_WITH_BODY.contains(request.method())) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
        }
        return line();
    }

    private HttpRequest line() {
        return new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.valueOf(request.method()), request.target(), headers, false);
    }

    private void copy(Http2Headers from, boolean hostReplaced) throws OriginException {
        @Nullable StringBuilder cookies = null;
        for (Map.Entry<CharSequence, CharSequence> field : from) {
            CharSequence name = field.getKey();
            CharSequence value = field.getValue();
            if (name.length() > 0 && name.charAt(0) == ':') {
                continue;
            }
            checkName(name);
            checkValue(name, value);
            if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
                contentLength = length(value, contentLength);
            } else if (HttpHeaderNames.TRAILER.contentEqualsIgnoreCase(name)) {
                trailer = trailer == null ? value.toString() : trailer + ", " + value;
            } else if (HttpHeaderNames.TE.contentEqualsIgnoreCase(name)) {
                if (AsciiString.contentEqualsIgnoreCase(value, HttpHeaderValues.TRAILERS)) {
                    headers.add(name, value);
                }
            } else if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)) {
                cookies = cookies == null
                        ? new StringBuilder(value)
                        : cookies.append("; ").append(value);
            } else if (!isOurs(name) && !(hostReplaced && isForwardedHost(name))) {
                headers.add(name, value);
            }
        }
        if (cookies != null) {
            headers.add(HttpHeaderNames.COOKIE, cookies.toString());
        }
    }

    /**
     * Tells whether a field is {@code X-Forwarded-Host}, which is ours where {@code httpHostHeader} is set.
     *
     * @param name in any case
     * @return whether it is
     */
    public static boolean isForwardedHost(CharSequence name) {
        return TunnelHeaders.X_FORWARDED_HOST.contentEqualsIgnoreCase(name);
    }

    /**
     * Tells whether a field is left out or set anew on the way to an origin: of one hop, internal, or {@code Host}.
     *
     * @param name in any case
     * @return whether the visitor's is not passed on as it is
     */
    public static boolean isOurs(CharSequence name) {
        return HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)
                || TRACE.contentEqualsIgnoreCase(name)
                || HopByHop.isHopByHop(name)
                || TunnelHeaders.isInternal(name)
                || TunnelHeaders.isWarpTag(name);
    }

    /**
     * Reads a {@code Content-Length}.
     *
     * @param value one field's
     * @param known what an earlier field of the same message said, -1 if there was none
     * @return a number of bytes
     * @throws OriginException if it is no number, or another than before
     */
    public static long length(CharSequence value, long known) throws OriginException {
        long length = 0;
        boolean number = value.length() > 0 && value.length() <= 18;
        for (int i = 0; number && i < value.length(); i++) {
            int digit = value.charAt(i) - '0';
            number = digit >= 0 && digit <= 9;
            length = length * 10 + digit;
        }
        if (!number || (known >= 0 && known != length)) {
            throw invalid("has a content-length that is no number, or two that differ");
        }
        return length;
    }

    /**
     * Checks method and target.
     *
     * @param request the visitor's
     * @throws OriginException if they cannot be passed on
     */
    public static void checkLine(ProxiedRequest request) throws OriginException {
        String method = request.method();
        checkName(method);
        if (method.equals("CONNECT")) {
            throw invalid("asks for CONNECT, which an HTTP origin does not serve");
        }
        String target = request.target();
        boolean form = target.startsWith("/") || (target.equals("*") && method.equals("OPTIONS"));
        for (int i = 0; form && i < target.length(); i++) {
            form = target.charAt(i) > ' ' && target.charAt(i) <= 0xFF;
        }
        if (!form) {
            throw invalid("has a target that is not a path, or one with white space or control characters");
        }
    }

    /**
     * Tells whether a trailer of this name would change how the message is read; such ones are dropped.
     *
     * @param name in any case
     * @return whether to drop it
     */
    public static boolean isFraming(CharSequence name) {
        return HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
                || HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)
                || HopByHop.isHopByHop(name)
                || TunnelHeaders.isInternal(name);
    }

    /**
     * Checks that a method, a header name or a trailer name is a token (RFC 9110 section 5.6.2).
     *
     * @param name any
     * @throws OriginException if it is not
     */
    public static void checkName(CharSequence name) throws OriginException {
        if (!Tokens.isToken(name)) {
            throw invalid("has a method or a header name that is not a token");
        }
    }

    /**
     * Checks that a value cannot end its line.
     *
     * @param name the field's
     * @param value any
     * @throws OriginException if it holds a line break or a NUL
     */
    public static void checkValue(CharSequence name, CharSequence value) throws OriginException {
        if (!Tokens.isFieldValue(value)) {
            throw invalid("has a line break or a NUL in the value of " + name);
        }
    }

    /**
     * The visitor's request cannot be passed on.
     *
     * @param what the fault, as the end of a sentence about the request
     * @return what to tell
     */
    public static OriginException invalid(String what) {
        return new OriginException(
                OriginFailure.REQUEST_INVALID,
                "The request " + what + ". It was not passed to the origin; the visitor has to send it differently.",
                null);
    }
}
