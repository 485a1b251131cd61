package dev.adit.tunnel.netty.origin.handler;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.OriginRequest;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.wire.HopByHop;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns heads of the wire into those of the API and back. */
final class MessageHeads {

    private static final DefaultHttpHeadersFactory UNCHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private MessageHeads() {}

    /**
     * Returns the request as a handler sees it.
     *
     * @throws IllegalArgumentException if a field is not legal in HTTP
     */
    static OriginRequest request(ProxiedRequest request) {
        return new OriginRequest(
                request.method(),
                request.target(),
                request.authority(),
                fields(request.headers()),
                request.webSocket());
    }

    /**
     * Returns the fields that are the visitor's: no pseudo-headers, none of the tunnel's own, none that concern one hop.
     * Cookies that HTTP/2 took apart are put together again (RFC 9113 section 8.2.3).
     *
     * @throws IllegalArgumentException if a field is not legal in HTTP
     */
    static HeaderFields fields(Http2Headers headers) {
        List<HeaderFields.Field> fields = new ArrayList<>(headers.size());
        int cookie = -1;
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            String name = header.getKey().toString();
            if (name.startsWith(":")
                    || name.equals("host")
                    || TunnelHeaders.isInternal(name)
                    || HopByHop.isHopByHop(name)) {
                continue;
            }
            String value = header.getValue().toString();
            if (name.equals("cookie") && cookie >= 0) {
                String before = fields.get(cookie).value();
                fields.set(cookie, new HeaderFields.Field(name, before + "; " + value));
                continue;
            }
            if (name.equals("cookie")) {
                cookie = fields.size();
            }
            fields.add(new HeaderFields.Field(name, value));
        }
        return HeaderFields.of(fields);
    }

    /** Returns fields for the sink, order and case kept; {@link HeaderFields} has checked them. */
    static HttpHeaders http(HeaderFields fields) {
        HttpHeaders headers = UNCHECKED.newHeaders();
        fields.forEach(field -> headers.add(field.name(), field.value()));
        return headers;
    }

    /** Throws if a final response cannot have this status. */
    static void checkStatus(int status) {
        checkStatus(status, 200, 999);
    }

    /** Throws if an interim response cannot have this status. */
    static void checkInterimStatus(int status) {
        checkStatus(status, 102, 199);
    }

    private static void checkStatus(int status, int from, int to) {
        if (status < from || status > to) {
            throw new IllegalArgumentException("status: " + status + " (expected: " + from + " to " + to + ")");
        }
    }

    /** Whether such a response ends with its head, whatever its fields say (RFC 9112 section 6.3). */
    static boolean isBodiless(String method, int status) {
        return method.equals("HEAD") || mustBeEmpty(status);
    }

    /** Whether no response of this status has a body. */
    static boolean mustBeEmpty(int status) {
        return status == 204 || status == 304;
    }

    /**
     * Returns the length that the fields declare.
     *
     * @return -1 if they declare none
     * @throws IllegalArgumentException if it is no number, or several differ
     */
    static long declaredLength(HeaderFields headers) {
        @Nullable String declared = null;
        for (String value : headers.all("Content-Length")) {
            if (declared != null && !declared.equals(value)) {
                throw new IllegalArgumentException(
                        "Content-Length is there twice, as " + declared + " and " + value + ". Give it once.");
            }
            declared = value;
        }
        if (declared == null) {
            return -1;
        }
        if (declared.isEmpty() || declared.length() > 18 || !declared.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("Content-Length: '" + declared + "' (expected: 1 to 18 digits)");
        }
        return Long.parseLong(declared);
    }

    /**
     * Returns the head of a response whose whole body is at hand, its length among the fields.
     *
     * @throws IllegalArgumentException if the fields declare another length, or the status allows no body
     */
    static HttpHeaders whole(String method, int status, HeaderFields headers, int length) {
        checkStatus(status);
        long declared = declaredLength(headers);
        if (mustBeEmpty(status) && length > 0) {
            throw new IllegalArgumentException("A response with status " + status + " has no body, but " + length
                    + " bytes were given. Pass an empty body.");
        }
        if (declared >= 0 && declared != length && !isBodiless(method, status)) {
            throw new IllegalArgumentException("Content-Length is " + declared + ", but the body has " + length
                    + " bytes. Leave Content-Length out: it is added.");
        }
        HttpHeaders http = http(headers);
        if (declared < 0 && !mustBeEmpty(status)) {
            http.add("Content-Length", Integer.toString(length));
        }
        return http;
    }
}
