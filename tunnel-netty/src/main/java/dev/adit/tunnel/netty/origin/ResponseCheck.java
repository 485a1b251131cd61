package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.netty.wire.Tokens;
import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether what an origin answered can be passed on. Each check returns what is wrong, null if nothing is. */
public final class ResponseCheck {

    private ResponseCheck() {}

    static @Nullable String head(HttpResponse response) {
        if (!response.protocolVersion().protocolName().equals("HTTP")
                || response.protocolVersion().majorVersion() != 1) {
            return "the version is " + response.protocolVersion();
        }
        int status = response.status().code();
        if (status < 100 || status > 999) {
            return "the status is " + status;
        }
        HttpHeaders headers = response.headers();
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.size() > 1
                || (codings.size() == 1
                        && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
                                codings.get(0).trim()))) {
            return "Transfer-Encoding is " + codings + ", and only chunked is understood";
        }
        if (!codings.isEmpty() && headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            return "both Transfer-Encoding and Content-Length";
        }
        return fields(headers);
    }

    /**
     * Checks headers or trailers.
     *
     * @param headers borrowed
     * @return what is wrong with a name or a value, null if nothing is
     */
    public static @Nullable String fields(HttpHeaders headers) {
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            if (!Tokens.isToken(field.getKey())) {
                return "a header name is not a token";
            }
            if (!Tokens.isFieldValue(field.getValue())) {
                return "a line break or a NUL in the value of " + field.getKey();
            }
        }
        return null;
    }

    /** Whether 101 is the proven answer to this key. */
    static @Nullable String upgrade(HttpHeaders headers, @Nullable CharSequence key) {
        if (!headers.contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
            return "101 without Upgrade: websocket";
        }
        @Nullable String accept = headers.get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT);
        if (key == null || accept == null || !accept.trim().equals(AcceptKey.of(key))) {
            return "101 with a Sec-WebSocket-Accept that does not answer the visitor's key";
        }
        return null;
    }
}
