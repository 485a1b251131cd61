package dev.adit.tunnel.netty.wire;

import io.netty.util.AsciiString;

/**
 * Names of headers with a meaning on a tunnel connection, lower-case as HTTP/2 wants them. Source, unless another is
 * named: cloudflared 2026.8.2, {@code connection/http2.go} and {@code connection/header.go}.
 */
public final class TunnelHeaders {

    /** Marks a stream's kind, see {@link StreamKind}. */
    public static final AsciiString PROXY_CONNECTION_UPGRADE =
            AsciiString.cached("cf-cloudflared-proxy-connection-upgrade");

    /** Marks a TCP stream; its value is the visitor's address. */
    public static final AsciiString PROXY_SRC = AsciiString.cached("cf-cloudflared-proxy-src");

    /** The response's headers for the visitor, see {@link UserHeaders}. */
    public static final AsciiString RESPONSE_HEADERS = AsciiString.cached("cf-cloudflared-response-headers");

    /** Who made the response, see {@link ResponseMeta}. */
    public static final AsciiString RESPONSE_META = AsciiString.cached("cf-cloudflared-response-meta");

    /** The request's id, made by the edge. */
    public static final AsciiString CF_RAY = AsciiString.cached("cf-ray");

    /** The visitor's address, set by the edge. */
    public static final AsciiString CF_CONNECTING_IP = AsciiString.cached("cf-connecting-ip");

    /** The networks a request came through (RFC 8586). */
    public static final AsciiString CDN_LOOP = AsciiString.cached("cdn-loop");

    /** The visitor's address, for origins that know no other header. */
    public static final AsciiString X_FORWARDED_FOR = AsciiString.cached("x-forwarded-for");

    /** The scheme the visitor used. */
    public static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");

    /** The host the visitor asked for. */
    public static final AsciiString X_FORWARDED_HOST = AsciiString.cached("x-forwarded-host");

    /** Extensions between Adit ends that the edge understands; sent with the control stream only. */
    public static final AsciiString EDGE_FEATURES = AsciiString.cached("adit-edge-features");

    /** In {@link #EDGE_FEATURES} and in a connector's features: interim responses such as 103 are passed on. */
    public static final String FEATURE_INTERIM = "adit.interim";

    /** What cloudflared's {@code --tag} and connector id become at the origin; not taken from visitors. */
    private static final String WARP_TAG_FAMILY = "cf-warp-tag-";

    private static final String[] INTERNAL_FAMILIES = {"cf-int-", "cf-cloudflared-", "cf-proxy-"};

    private TunnelHeaders() {}

    /**
     * Tells whether a name belongs to the conversation between edge and connector, so that neither visitor nor origin may
     * send or see it.
     *
     * @param name in any case
     * @return whether it is of the families {@code cf-int-}, {@code cf-cloudflared-} or {@code cf-proxy-}
     */
    public static boolean isInternal(CharSequence name) {
        if (!startsWith(name, "cf-")) {
            return false;
        }
        for (String family : INTERNAL_FAMILIES) {
            if (startsWith(name, family)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Tells whether a name is of the family with which a connector tags requests for its origin.
     *
     * @param name in any case
     * @return whether it starts with {@code cf-warp-tag-}
     */
    public static boolean isWarpTag(CharSequence name) {
        return startsWith(name, WARP_TAG_FAMILY);
    }

    private static boolean startsWith(CharSequence name, String prefix) {
        return AsciiString.regionMatches(name, true, 0, prefix, 0, prefix.length());
    }
}
