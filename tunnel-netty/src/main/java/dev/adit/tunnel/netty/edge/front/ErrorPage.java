package dev.adit.tunnel.netty.edge.front;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * What the edge answers in an origin's place: a short page for browsers, problem details (RFC 9457) for others. Names no
 * host, tunnel or address; the ray id leads to the log.
 *
 * @param status the HTTP status
 * @param detail plain words without markup or quotes
 */
record ErrorPage(int status, String detail) {

    static final ErrorPage UNKNOWN_HOST = new ErrorPage(404, "There is no tunnel for this host.");
    static final ErrorPage NO_CONNECTOR =
            new ErrorPage(530, "error code: 1033. The tunnel of this host is not connected at the moment.");
    static final ErrorPage BAD_GATEWAY = new ErrorPage(502, "The service behind the tunnel could not be reached.");
    static final ErrorPage REJECTED = new ErrorPage(400, "The service behind the tunnel cannot take this request.");
    static final ErrorPage TIMED_OUT = new ErrorPage(504, "The service behind the tunnel did not answer in time.");

    /** The status line's words for what Netty has no name for. */
    private static final HttpResponseStatus ORIGIN_UNREACHABLE = new HttpResponseStatus(530, "Origin Unreachable");

    private static final HttpResponseStatus LOOP = new HttpResponseStatus(508, "Loop Detected");

    /**
     * Makes the response.
     *
     * @param requestHeaders the visitor's, for what it accepts
     * @param ray the request's id
     * @return with Content-Length; the caller <em>owns</em> its buffer
     */
    FullHttpResponse response(HttpHeaders requestHeaders, String ray) {
        String accept = requestHeaders.get(HttpHeaderNames.ACCEPT);
        boolean html = accept != null && accept.contains("text/html");
        HttpResponseStatus line = line();
        String text = html ? html(line, ray) : json(line, ray);
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, line, Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, html ? "text/html; charset=utf-8" : "application/problem+json")
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("CF-Ray", ray);
        return response;
    }

    private HttpResponseStatus line() {
        return switch (status) {
            case 530 -> ORIGIN_UNREACHABLE;
            case 508 -> LOOP;
            default -> HttpResponseStatus.valueOf(status);
        };
    }

    private String html(HttpResponseStatus line, String ray) {
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + line.code() + " "
                + line.reasonPhrase() + "</title><h1>" + line.code() + " " + line.reasonPhrase() + "</h1><p>" + detail
                + "</p><p><small>Ray " + ray + "</small></p></html>\n";
    }

    private String json(HttpResponseStatus line, String ray) {
        return "{\"type\":\"about:blank\",\"title\":\"" + line.reasonPhrase() + "\",\"status\":" + line.code()
                + ",\"detail\":\"" + detail + "\",\"ray\":\"" + ray + "\"}\n";
    }
}
