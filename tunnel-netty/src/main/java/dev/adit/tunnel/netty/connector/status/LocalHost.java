package dev.adit.tunnel.netty.connector.status;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/**
 * Tells requests for this machine from those of a page in a browser whose name was made to point here (DNS rebinding): an
 * IP address, {@code localhost} or the name that the listener was opened with cannot be an attacker's name.
 */
final class LocalHost {

    private static final int MAX_PORT_DIGITS = 5;

    private LocalHost() {}

    /**
     * Looks at a {@code Host} header.
     *
     * @param host with or without a port
     * @param own the name that the listener was opened with, null if it was an address
     * @return whether to answer
     */
    static boolean isLocal(String host, @Nullable String own) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end > 0 && NetUtil.isValidIpV6Address(host.substring(1, end)) && isPort(host.substring(end + 1));
        }
        int colon = host.indexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        boolean isOwn = own != null && name.equalsIgnoreCase(own);
        return (isOwn || name.equalsIgnoreCase("localhost") || NetUtil.isValidIpV4Address(name))
                && (colon < 0 || isPort(host.substring(colon)));
    }

    private static boolean isPort(String text) {
        boolean isShort = text.startsWith(":") && text.length() <= 1 + MAX_PORT_DIGITS;
        return text.isEmpty() || (isShort && text.chars().skip(1).allMatch(c -> c >= '0' && c <= '9'));
    }
}
