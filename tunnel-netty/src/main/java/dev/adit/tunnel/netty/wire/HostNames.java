package dev.adit.tunnel.netty.wire;

import java.net.IDN;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One spelling for each host: lower case, A-labels, no port, no trailing dot. */
public final class HostNames {

    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;
    private static final int MAX_PORT = 65_535;

    private HostNames() {}

    /**
     * Reads the host out of a Host header.
     *
     * @param authority {@code host[:port]} as a visitor sent it
     * @return the host for routing, or null if this is no valid authority
     */
    public static @Nullable String ofAuthority(String authority) {
        int portStart = endOfHost(authority);
        if (portStart <= 0 || !isPort(authority, portStart)) {
            return null;
        }
        String host = authority.substring(0, portStart);
        if (host.charAt(0) == '[') {
            return isIpv6(host) ? host.toLowerCase(Locale.ROOT) : null;
        }
        for (int i = 0; i < host.length(); i++) {
            if (!isNameCharacter(host.charAt(i))) {
                return null;
            }
        }
        return checkedName(withoutTrailingDot(host.toLowerCase(Locale.ROOT)));
    }

    /**
     * Brings a hostname that an operator gave into the same spelling.
     *
     * @param hostname in any case, A-labels or Unicode, without port
     * @return the name, or null if it is not valid
     */
    public static @Nullable String ofConfigured(String hostname) {
        try {
            String ascii = IDN.toASCII(withoutTrailingDot(hostname), IDN.ALLOW_UNASSIGNED);
            return ofAuthority(ascii) == null || ascii.indexOf(':') >= 0 ? null : ofAuthority(ascii);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static int endOfHost(String authority) {
        if (authority.startsWith("[")) {
            return authority.indexOf(']') + 1;
        }
        int colon = authority.indexOf(':');
        return colon < 0 ? authority.length() : colon;
    }

    private static boolean isPort(String authority, int start) {
        if (start == authority.length()) {
            return true;
        }
        int digits = authority.length() - start - 1;
        if (authority.charAt(start) != ':' || digits > 5) {
            return false;
        }
        int port = 0;
        for (int i = start + 1; i < authority.length(); i++) {
            char c = authority.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            port = port * 10 + c - '0';
        }
        return port <= MAX_PORT;
    }

    private static boolean isIpv6(String bracketed) {
        for (int i = 1; i < bracketed.length() - 1; i++) {
            char c = bracketed.charAt(i);
            if (Character.digit(c, 16) < 0 && c != ':' && c != '.') {
                return false;
            }
        }
        return bracketed.length() > 4;
    }

    private static boolean isNameCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_';
    }

    private static String withoutTrailingDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private static @Nullable String checkedName(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME) {
            return null;
        }
        int label = 0;
        for (int i = 0; i <= name.length(); i++) {
            if (i == name.length() || name.charAt(i) == '.') {
                if (label == 0 || label > MAX_LABEL) {
                    return null;
                }
                label = 0;
            } else {
                label++;
            }
        }
        return name;
    }
}
