package dev.adit.tunnel.netty.connector.dial;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The list of {@code NO_PROXY}, as Go's programs read it (golang.org/x/net/http/httpproxy): names with all below them,
 * {@code .suffix} for those below alone, addresses, networks such as {@code 10.0.0.0/8}, each with a port if only that is
 * meant, and {@code *} for everything. Loopback is always on it.
 */
final class NoProxy {

    private final List<String> entries;

    NoProxy(List<String> entries) {
        this.entries = entries.stream()
                .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /** Tells whether a host, by name or address, is reached without the proxy. */
    boolean matches(String host, int port) {
        String name = host.toLowerCase(Locale.ROOT);
        InetAddress ip = literal(name);
        if (name.equals("localhost") || (ip != null && ip.isLoopbackAddress())) {
            return true;
        }
        return entries.stream().anyMatch(entry -> matches(entry, name, ip, port));
    }

    private static boolean matches(String entry, String name, @Nullable InetAddress ip, int port) {
        if (entry.equals("*")) {
            return true;
        }
        if (entry.indexOf('/') >= 0) {
            return ip != null && isWithin(entry, ip);
        }
        String host = entry;
        int colon = entry.lastIndexOf(':');
        boolean bracketed = entry.startsWith("[");
        if (colon >= 0 && (bracketed ? entry.charAt(colon - 1) == ']' : entry.indexOf(':') == colon)) {
            if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            host = entry.substring(0, colon);
        }
        if (bracketed && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        InetAddress address = literal(host);
        if (address != null) {
            return address.equals(ip);
        }
        String below = host.startsWith("*.") ? host.substring(1) : host;
        return below.startsWith(".")
                ? name.endsWith(below) && name.length() > below.length()
                : name.equals(below) || name.endsWith("." + below);
    }

    private static boolean isWithin(String network, InetAddress ip) {
        try {
            return new IpSubnetFilterRule(network, IpFilterRuleType.ACCEPT).matches(new InetSocketAddress(ip, 0));
        } catch (IllegalArgumentException e) {
            return false; // no network, so nothing is in it; Go's programs skip such entries too
        }
    }

    private static @Nullable InetAddress literal(String text) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return octets == null ? null : InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
