package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.wire.HostNames;
import dev.adit.tunnel.netty.wire.Tokens;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Checks a decoded head and takes out what the edge decides by. Whatever is in doubt is refused, never repaired. */
final class RequestReader {

    /** Octets of a request target. */
    static final int MAX_TARGET = 16 * 1024;

    /** Header fields of a request. */
    static final int MAX_FIELDS = 128;

    private static final String WEBSOCKET = "websocket";

    private RequestReader() {}

    /**
     * Reads a head.
     *
     * @param request as decoded, borrowed
     * @return the checked request
     * @throws RefusedRequestException if it cannot be served; the visitor's connection is to be closed
     */
    static VisitorRequest read(HttpRequest request) throws RefusedRequestException {
        checkDecoded(request);
        HttpHeaders headers = request.headers();
        if (headers.size() > MAX_FIELDS) {
            throw new RefusedRequestException(431, "More than " + MAX_FIELDS + " header fields.");
        }
        boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        if (!http10 && !request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            throw new RefusedRequestException(505, "This server speaks HTTP/1.1.");
        }
        if (!Tokens.isToken(request.method().name())) {
            throw new RefusedRequestException(400, "The method is not a token.");
        }
        if (request.method().equals(HttpMethod.CONNECT)) {
            throw new RefusedRequestException(405, "CONNECT is not served here.");
        }
        String authority = authority(headers);
        String host = HostNames.ofAuthority(authority);
        if (host == null) {
            throw new RefusedRequestException(400, "The Host header is not valid.");
        }
        String target = target(request, authority);
        boolean hasBody = hasBody(headers);
        return new VisitorRequest(
                request.method().name(),
                target,
                authority,
                host,
                headers,
                hasBody,
                HttpUtil.isKeepAlive(request),
                http10,
                hasBody && HttpUtil.is100ContinueExpected(request),
                http10 || hasBody ? null : webSocketKey(request));
    }

    private static void checkDecoded(HttpRequest request) throws RefusedRequestException {
        Throwable cause = request.decoderResult().cause();
        if (cause instanceof TooLongHttpLineException) {
            throw new RefusedRequestException(414, "The request target is too long.");
        } else if (cause instanceof TooLongHttpHeaderException) {
            throw new RefusedRequestException(431, "The header fields are too large.");
        } else if (cause != null) {
            throw new RefusedRequestException(400, "The request is malformed.");
        }
    }

    private static String authority(HttpHeaders headers) throws RefusedRequestException {
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1) {
            throw new RefusedRequestException(400, "Exactly one Host header is needed.");
        }
        return hosts.get(0).toLowerCase(Locale.ROOT);
    }

    private static String target(HttpRequest request, String authority) throws RefusedRequestException {
        String target = request.uri();
        if (target.length() > MAX_TARGET) {
            throw new RefusedRequestException(414, "The request target is too long.");
        }
        if (target.equals("*") && request.method().equals(HttpMethod.OPTIONS)) {
            return target;
        }
        if (target.startsWith("/")) {
            return target;
        }
        int schemeEnd = target.indexOf("://");
        String scheme = schemeEnd < 0 ? "" : target.substring(0, schemeEnd).toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new RefusedRequestException(400, "The request target is neither a path nor an http URL.");
        }
        int start = schemeEnd + 3;
        int end = start;
        while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        if (!target.substring(start, end).toLowerCase(Locale.ROOT).equals(authority)) {
            throw new RefusedRequestException(400, "The request target and the Host header disagree.");
        }
        String path = target.substring(end);
        return path.startsWith("/") ? path : "/" + path;
    }

    private static boolean hasBody(HttpHeaders headers) throws RefusedRequestException {
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        if (codings.size() > 1
                || lengths.size() > 1
                || (!codings.isEmpty()
                        && (!lengths.isEmpty() || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0))))) {
            throw new RefusedRequestException(400, "The length of the request's body is in doubt.");
        }
        // Netty takes 8 octets after such a GET for the body of a WebSocket draft that never became a standard.
        if (headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1)
                || headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY2)) {
            throw new RefusedRequestException(400, "This draft of WebSocket is not served.");
        }
        return !codings.isEmpty() || (!lengths.isEmpty() && !isZero(lengths.get(0)));
    }

    private static boolean isZero(String length) {
        return length.chars().allMatch(c -> c == '0');
    }

    private static @Nullable String webSocketKey(HttpRequest request) {
        HttpHeaders headers = request.headers();
        boolean asks = request.method().equals(HttpMethod.GET)
                && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && headers.getAll(HttpHeaderNames.UPGRADE).size() == 1
                && WEBSOCKET.equalsIgnoreCase(headers.get(HttpHeaderNames.UPGRADE))
                && headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_KEY).size() == 1;
        return asks ? headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY) : null;
    }
}
