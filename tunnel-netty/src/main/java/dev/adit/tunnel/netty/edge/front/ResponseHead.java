package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.UserHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connector answered, taken from the status and the serialised headers alone: what else stands outside is made by
 * libraries on the way.
 *
 * @param status 100 to 999
 * @param headers for the visitor; the holder's own
 * @param endStream whether neither body nor trailers follow
 * @param problem what to answer instead if the connector itself could not, else null
 */
record ResponseHead(
        int status,
        HttpHeaders headers,
        boolean endStream,
        @Nullable ErrorPage problem) {

    private static final Logger LOG = LoggerFactory.getLogger(ResponseHead.class);

    /**
     * Reads a response's headers.
     *
     * @param from borrowed
     * @param endStream whether nothing follows
     * @return the head, with a problem if there is nothing to pass on
     */
    static ResponseHead of(Http2Headers from, boolean endStream) {
        int status = status(from.status());
        CharSequence serialised = from.get(TunnelHeaders.RESPONSE_HEADERS);
        if (serialised == null) {
            if (status >= 100 && status < 200) {
                return new ResponseHead(status, EmptyHttpHeaders.INSTANCE, endStream, null);
            }
            // The connector's own 502, or its HTTP/2 library's own 400: neither is for the visitor as it is.
            ErrorPage page = status == 400 ? ErrorPage.REJECTED : ErrorPage.BAD_GATEWAY;
            return new ResponseHead(status, EmptyHttpHeaders.INSTANCE, endStream, page);
        }
        try {
            ErrorPage problem = status < 100 || status > 999 ? ErrorPage.BAD_GATEWAY : null;
            return new ResponseHead(status, UserHeaders.decode(serialised), endStream, problem);
        } catch (MalformedHeadersException e) {
            LOG.warn("A connector sent headers that are not legal HTTP: {}. The visitor gets 502.", e.getMessage());
            return new ResponseHead(status, EmptyHttpHeaders.INSTANCE, endStream, ErrorPage.BAD_GATEWAY);
        }
    }

    boolean isInterim() {
        return status >= 100 && status < 200;
    }

    private static int status(@Nullable CharSequence text) {
        int value = 0;
        if (text == null || text.length() != 3) {
            return -1;
        }
        for (int i = 0; i < 3; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + c - '0';
        }
        return value;
    }
}
