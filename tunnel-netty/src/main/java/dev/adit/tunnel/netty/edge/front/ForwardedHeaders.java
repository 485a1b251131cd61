package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.netty.wire.HopByHop;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the tunnel's request headers of a visitor's: takes out what concerns one hop and what only an edge may say, then
 * says it itself. Nothing that a visitor sends about addresses, schemes or hosts is believed.
 */
final class ForwardedHeaders {

    /** What an edge says about a visitor; from a visitor it is a claim, and dropped. */
    private static final Set<String> CLAIMS = claims();

    /** The whole family: origins read many spellings of it. */
    private static final String X_FORWARDED = "x-forwarded-";

    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");
    private static final AsciiString CONNECTION = AsciiString.cached("connection");
    private static final AsciiString HOST = AsciiString.cached("host");
    private static final int OWN_FIELDS = 12;

    private ForwardedHeaders() {}

    private static Set<String> claims() {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(List.of(
                "cf-connecting-ip",
                "cf-connecting-ipv6",
                "cf-ray",
                "cf-visitor",
                "cf-ipcountry",
                "true-client-ip",
                "x-real-ip",
                "forwarded"));
        return names;
    }

    /**
     * Makes the headers.
     *
     * @param request checked
     * @param visitor the visitor's socket address
     * @param ray the request's id
     * @param loopToken this edge's token
     * @return ready to be sent
     * @throws RefusedRequestException with 508 if the request has been here before
     */
    static Http2Headers request(VisitorRequest request, SocketAddress visitor, String ray, String loopToken)
            throws RefusedRequestException {
        HttpHeaders from = request.headers();
        Http2Headers to = new DefaultHttp2Headers(false, from.size() + OWN_FIELDS);
        to.method(request.method()).scheme(HTTP).authority(request.authority()).path(request.target());
        Set<String> named = from.contains(CONNECTION) ? HopByHop.namedByConnection(from) : Set.of();
        List<String> loop = new ArrayList<>(0);
        Iterator<Map.Entry<CharSequence, CharSequence>> entries = from.iteratorCharSequence();
        while (entries.hasNext()) {
            Map.Entry<CharSequence, CharSequence> entry = entries.next();
            CharSequence name = entry.getKey();
            if (TunnelHeaders.CDN_LOOP.contentEqualsIgnoreCase(name)) {
                loop.add(entry.getValue().toString());
            } else if (TE.contentEqualsIgnoreCase(name)) {
                if (wantsTrailers(entry.getValue().toString())) {
                    to.set(TE, TRAILERS);
                }
            } else if (isPassed(name) && !named.contains(name.toString())) {
                to.add(AsciiString.of(name).toLowerCase(), entry.getValue());
            }
        }
        addOwn(to, request, address(visitor), ray);
        to.set(TunnelHeaders.CDN_LOOP, appended(loop, loopToken));
        if (request.isWebSocket()) {
            StreamKind.WEBSOCKET.mark(to);
            to.remove(HttpHeaderNames.CONTENT_LENGTH); // 0, as the JDK's client sends it, belies the bytes that follow
        }
        return to;
    }

    /**
     * Makes the tunnel's trailers of a visitor's.
     *
     * @param from borrowed
     * @return without what may not be passed; perhaps empty
     */
    static Http2Headers trailers(HttpHeaders from) {
        Http2Headers to = new DefaultHttp2Headers(false, from.size());
        Iterator<Map.Entry<CharSequence, CharSequence>> entries = from.iteratorCharSequence();
        while (entries.hasNext()) {
            Map.Entry<CharSequence, CharSequence> entry = entries.next();
            CharSequence name = entry.getKey();
            if (isPassed(name)
                    && !TE.contentEqualsIgnoreCase(name)
                    && !TunnelHeaders.CDN_LOOP.contentEqualsIgnoreCase(name)) {
                to.add(AsciiString.of(name).toLowerCase(), entry.getValue());
            }
        }
        return to;
    }

    private static boolean isPassed(CharSequence name) {
        return !HopByHop.isHopByHop(name)
                && !HOST.contentEqualsIgnoreCase(name)
                && !TunnelHeaders.isInternal(name)
                && !TunnelHeaders.isWarpTag(name)
                && !CLAIMS.contains(name.toString())
                && !AsciiString.regionMatches(name, true, 0, X_FORWARDED, 0, X_FORWARDED.length());
    }

    private static void addOwn(Http2Headers to, VisitorRequest request, String address, String ray) {
        to.set(TunnelHeaders.X_FORWARDED_FOR, address);
        to.set(TunnelHeaders.X_FORWARDED_PROTO, HTTP);
        to.set(TunnelHeaders.X_FORWARDED_HOST, request.authority());
        to.set(TunnelHeaders.CF_CONNECTING_IP, address);
        to.set(TunnelHeaders.CF_RAY, ray);
    }

    private static boolean wantsTrailers(String te) {
        for (String coding : te.split(",", -1)) {
            if (coding.trim().toLowerCase(Locale.ROOT).equals("trailers")) {
                return true;
            }
        }
        return false;
    }

    /** Adds our token to what came, as RFC 8586 section 2 says. */
    private static String appended(List<String> loop, String token) throws RefusedRequestException {
        for (String value : loop) {
            for (String entry : value.split(",", -1)) {
                int parameters = entry.indexOf(';');
                String id = (parameters < 0 ? entry : entry.substring(0, parameters)).trim();
                if (id.equalsIgnoreCase(token)) {
                    throw new RefusedRequestException(508, "This request has passed here before: the route is a loop.");
                }
            }
        }
        return loop.isEmpty() ? token : String.join(", ", loop) + ", " + token;
    }

    private static String address(SocketAddress visitor) {
        if (visitor instanceof InetSocketAddress inet) {
            InetAddress address = inet.getAddress();
            String text = address == null ? inet.getHostString() : address.getHostAddress();
            int scope = text.indexOf('%');
            return scope < 0 ? text : text.substring(0, scope);
        }
        return "unknown";
    }
}
