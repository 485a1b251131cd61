package dev.adit.tunnel.netty.wire;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Header fields that concern one hop only and are never passed on (RFC 9110 section 7.6.1): a fixed list, and what
 * {@code Connection} names. A field that matters end to end cannot be removed by naming it there.
 */
public final class HopByHop {

    private static final AsciiString[] NAMES = {
        HttpHeaderNames.CONNECTION,
        AsciiString.cached("keep-alive"),
        AsciiString.cached("proxy-connection"),
        HttpHeaderNames.TE,
        HttpHeaderNames.TRAILER,
        HttpHeaderNames.TRANSFER_ENCODING,
        HttpHeaderNames.UPGRADE,
        AsciiString.cached("http2-settings"),
    };

    /** What no peer may have removed by naming it in {@code Connection}. */
    private static final Set<String> END_TO_END = caseless(
            "host",
            "content-length",
            "content-type",
            "authorization",
            "cookie",
            "set-cookie",
            "cf-connecting-ip",
            "cf-ray",
            "cdn-loop",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host");

    private HopByHop() {}

    /**
     * Tells whether a field of that name concerns one hop only.
     *
     * @param name in any case
     * @return whether it is on the fixed list
     */
    public static boolean isHopByHop(CharSequence name) {
        for (AsciiString known : NAMES) {
            if (known.length() == name.length() && known.contentEqualsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Removes the fields that concern one hop only.
     *
     * @param headers a message's, changed
     */
    public static void strip(HttpHeaders headers) {
        if (headers.isEmpty()) {
            return;
        }
        if (headers.contains(HttpHeaderNames.CONNECTION)) {
            namedByConnection(headers).forEach(headers::remove);
        }
        for (AsciiString name : NAMES) {
            headers.remove(name);
        }
    }

    /**
     * Returns the names that {@code Connection} lists and that may be removed.
     *
     * @param headers a message's, borrowed
     * @return the names in any case, a new set that compares without regard to case
     */
    public static Set<String> namedByConnection(HttpHeaders headers) {
        List<String> connection = headers.getAll(HttpHeaderNames.CONNECTION);
        Set<String> named = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (String value : connection) {
            for (String name : value.split(",", -1)) {
                String trimmed = AsciiString.trim(name).toString();
                if (!trimmed.isEmpty() && !END_TO_END.contains(trimmed)) {
                    named.add(trimmed);
                }
            }
        }
        return named;
    }

    private static Set<String> caseless(String... names) {
        Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(List.of(names));
        return set;
    }
}
