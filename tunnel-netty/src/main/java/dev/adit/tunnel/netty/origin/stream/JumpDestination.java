package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.netty.origin.OriginAddress;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the destination that a bastion's visitor names: {@code host:port}, or a URL of which scheme and path do not count.
 * Source: cloudflared 2026.8.2, {@code carrier/carrier.go}.
 */
final class JumpDestination {

    static final AsciiString HEADER = AsciiString.cached("cf-access-jump-destination");

    private static final int MAX_PORT = 65535;

    private JumpDestination() {}

    /** Returns the destination, null if there is not exactly one or it is none. */
    static @Nullable OriginAddress of(List<? extends CharSequence> values) {
        return values.size() == 1 ? of(values.get(0).toString().strip()) : null;
    }

    private static @Nullable OriginAddress of(String value) {
        int scheme = value.indexOf("://");
        String rest = scheme < 0 ? value : value.substring(scheme + 3);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        int colon = authority.lastIndexOf(':');
        if (colon <= 0) {
            return null;
        }
        String host = authority.substring(0, colon);
        boolean brackets = host.startsWith("[") && host.endsWith("]");
        String name = brackets ? host.substring(1, host.length() - 1) : host;
        int port = port(authority.substring(colon + 1));
        boolean legal = !name.isEmpty()
                && brackets == name.indexOf(':') >= 0
                && name.chars().allMatch(c -> c > ' ' && c < 0x7F && "[]@%?#\\".indexOf(c) < 0);
        return legal && port > 0 ? new OriginAddress("tcp", name, port) : null;
    }

    private static int port(String text) {
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return 0;
        }
        int port = Integer.parseInt(text);
        return port > MAX_PORT ? 0 : port;
    }
}
