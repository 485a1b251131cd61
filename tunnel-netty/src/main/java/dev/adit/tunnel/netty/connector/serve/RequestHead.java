package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.wire.Tokens;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/**
 * Reads and checks a request's head before anything of it is used: what is let through here can be written as an HTTP/1.1
 * request without becoming another one (RFC 9113 section 8.2.1, RFC 9112 section 3).
 */
final class RequestHead {

    private RequestHead() {}

    /** Returns the head, or null if a part of it could change its meaning on the way. */
    static @Nullable ProxiedRequest read(Http2Headers headers, boolean webSocket, boolean endStream) {
        String method = text(headers.method());
        String target = text(headers.path());
        String authority = text(headers.authority() != null ? headers.authority() : headers.get(HttpHeaderNames.HOST));
        if (!Tokens.isToken(method)
                || method.equals("CONNECT")
                || !isTarget(method, target)
                || !isAuthority(authority)) {
            return null;
        }
        return new ProxiedRequest(method, target, authority, headers, webSocket, endStream);
    }

    /** Returns the head of a private TCP stream, of which only the authority counts; null if that cannot be one. */
    static @Nullable ProxiedRequest readPrivateStream(Http2Headers headers, boolean endStream) {
        String authority = text(headers.authority() != null ? headers.authority() : headers.get(HttpHeaderNames.HOST));
        return isAuthority(authority) ? new ProxiedRequest("TCP", "/", authority, headers, false, endStream) : null;
    }

    private static String text(@Nullable CharSequence value) {
        return value == null ? "" : value.toString();
    }

    private static boolean isTarget(String method, String target) {
        if (target.equals("*")) {
            return method.equals("OPTIONS");
        }
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7F) {
                return false;
            }
        }
        return target.startsWith("/");
    }

    private static boolean isAuthority(String authority) {
        for (int i = 0; i < authority.length(); i++) {
            char c = authority.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == '/' || c == '@' || c == ',' || c == '\\' || c == '?' || c == '#') {
                return false;
            }
        }
        return true;
    }
}
