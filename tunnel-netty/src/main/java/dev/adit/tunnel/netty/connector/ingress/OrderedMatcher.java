package dev.adit.tunnel.netty.connector.ingress;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.connector.golang.GoUrl;
import dev.adit.tunnel.spi.IngressMatcher;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What both ways of matching share: a URL's parts, and the path decoded (its octets read as UTF-8). */
abstract class OrderedMatcher implements IngressMatcher {

    /** Finds the rule for a host name or an address without port and brackets. */
    abstract int matchName(String name, String path);

    @Override
    public final int matchUrl(String url) {
        if (url.isEmpty()) {
            throw new TunnelException("cloudflared tunnel rule expects a single argument, the URL to test");
        }
        GoUrl parts;
        try {
            parts = GoUrl.parse(url);
        } catch (IllegalArgumentException e) {
            throw new TunnelException(GoUrl.withoutSecret(url) + " is not a valid URL", e);
        }
        if (parts.scheme().isEmpty() && parts.hostname().isEmpty()) {
            throw new TunnelException(GoUrl.withoutSecret(url) + " doesn't have a hostname, consider adding a scheme");
        }
        return matchName(parts.hostname(), parts.path());
    }

    static String decode(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        if (path.indexOf('%') < 0 && isAscii(path)) {
            return path;
        }
        ByteArrayOutputStream octets = new ByteArrayOutputStream(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int high = c == '%' && i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(path.charAt(i + 2), 16);
            if (low >= 0) {
                octets.write((high << 4) | low);
                i += 2;
            } else {
                octets.write(c);
            }
        }
        return octets.toString(StandardCharsets.UTF_8);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }
}
