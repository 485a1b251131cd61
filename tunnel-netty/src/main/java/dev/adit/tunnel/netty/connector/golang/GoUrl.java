package dev.adit.tunnel.netty.connector.golang;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL read as Go's {@code net/url} reads it: the same parts, the same refusals, the same texts.
 *
 * @param scheme lower-case; empty if there is none
 * @param userInfo before the {@code @}, as it was written; null if there is none
 * @param host name or bracketed address with its port, decoded; empty if there is none
 * @param path as it was written; empty if there is none or the URL is opaque, as {@code localhost:80} is
 * @param rest query and fragment as they were written, with their marks
 */
public record GoUrl(String scheme, @Nullable String userInfo, String host, String path, String rest) {

    private static final String IN_HOST = "!$&'()*+,;=:[]<>\"-_.~";
    private static final Pattern PORT = Pattern.compile("(?::[0-9]*)?");
    private static final Pattern USER_INFO = Pattern.compile("[A-Za-z0-9._:~!$&'()*+,;=%@-]*");
    private static final Pattern SECRET = Pattern.compile("(://[^/?#@]*:)[^/?#]*@");

    /**
     * Reads a URL.
     *
     * @param text any
     * @return its parts
     * @throws IllegalArgumentException if it is none, with Go's text; a password in it is not repeated
     */
    public static GoUrl parse(String text) {
        int hash = text.indexOf('#');
        String fragment = hash < 0 ? "" : text.substring(hash + 1);
        String url = hash < 0 ? text : text.substring(0, hash);
        GoUrl parts = parts(url, fragment.isEmpty() ? "" : "#" + fragment);
        try {
            unescape(fragment, Part.OTHER);
        } catch (IllegalArgumentException e) {
            throw wrong(text, e.getMessage());
        }
        return parts;
    }

    /**
     * Replaces a password in a text that may be a URL.
     *
     * @param text any
     * @return the text with {@code xxxxx} in its place
     */
    public static String withoutSecret(String text) {
        return SECRET.matcher(text).replaceAll("$1xxxxx@");
    }

    private static GoUrl parts(String url, String fragment) {
        if (url.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
            throw wrong(url, "net/url: invalid control character in URL");
        }
        if (url.equals("*")) {
            return new GoUrl("", null, "", "*", fragment);
        }
        int colon = endOfScheme(url);
        if (colon == 0) {
            throw wrong(url, "missing protocol scheme");
        }
        String scheme = colon < 0 ? "" : url.substring(0, colon).toLowerCase(Locale.ROOT);
        String behind = url.substring(colon + 1);
        int question = behind.indexOf('?');
        String beforeQuery = question < 0 ? behind : behind.substring(0, question);
        String rest = (question < 0 ? "" : behind.substring(question)) + fragment;
        try {
            return hierarchical(scheme, beforeQuery, rest);
        } catch (IllegalArgumentException e) {
            throw wrong(url, e.getMessage());
        }
    }

    private static GoUrl hierarchical(String scheme, String text, String rest) {
        if (!text.startsWith("/")) {
            if (!scheme.isEmpty()) {
                return new GoUrl(scheme, null, "", "", rest);
            }
            int slash = text.indexOf('/');
            if ((slash < 0 ? text : text.substring(0, slash)).indexOf(':') >= 0) {
                throw new IllegalArgumentException("first path segment in URL cannot contain colon");
            }
        }
        String path = text;
        String host = "";
        String userInfo = null;
        if (text.startsWith("//") && (!scheme.isEmpty() || !text.startsWith("///"))) {
            int slash = text.indexOf('/', 2);
            String authority = text.substring(2, slash < 0 ? text.length() : slash);
            path = slash < 0 ? "" : text.substring(slash);
            int at = authority.lastIndexOf('@');
            host = host(scheme, authority.substring(at + 1));
            userInfo = at < 0 ? null : checkedUserInfo(authority.substring(0, at));
        }
        unescape(path, Part.OTHER);
        return new GoUrl(scheme, userInfo, host, path, rest);
    }

    /** Returns where the scheme's colon is, or -1 if there is no scheme. */
    private static int endOfScheme(String url) {
        for (int i = 0; i < url.length(); i++) {
            char c = url.charAt(i);
            if (c == ':') {
                return i;
            }
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
            if (!letter && (!later || i == 0)) {
                return -1;
            }
        }
        return -1;
    }

    private static String checkedUserInfo(String text) {
        if (!USER_INFO.matcher(text).matches()) {
            throw new IllegalArgumentException("net/url: invalid userinfo");
        }
        unescape(text, Part.OTHER);
        return text;
    }

    private static String host(String scheme, String text) {
        int open = text.lastIndexOf('[');
        if (open > 0) {
            throw new IllegalArgumentException("invalid IP-literal");
        }
        if (open == 0) {
            return literal(text);
        }
        int first = text.indexOf(':');
        if (first >= 0) {
            boolean strict = scheme.equals("http") || scheme.equals("https");
            checkPort(text.substring(strict ? first : text.lastIndexOf(':')));
        }
        return unescape(text, Part.HOST);
    }

    private static String literal(String text) {
        int close = text.lastIndexOf(']');
        if (close < 0) {
            throw new IllegalArgumentException("missing ']' in host");
        }
        String port = text.substring(close + 1);
        checkPort(port);
        String name = text.substring(1, close);
        int zone = name.indexOf("%25");
        String decoded = zone < 0
                ? unescape(name, Part.HOST)
                : unescape(name.substring(0, zone), Part.HOST) + unescape(name.substring(zone), Part.ZONE);
        if (decoded.indexOf(':') < 0) {
            throw new IllegalArgumentException("invalid IP-literal");
        }
        return "[" + decoded + "]" + port;
    }

    private static void checkPort(String text) {
        if (!PORT.matcher(text).matches()) {
            throw new IllegalArgumentException("invalid port " + GoQuote.quote(text) + " after host");
        }
    }

    private enum Part {
        HOST,
        ZONE,
        OTHER
    }

    private static String unescape(String text, Part part) {
        if (part == Part.OTHER && text.indexOf('%') < 0) {
            return text;
        }
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[octets.length];
        int length = 0;
        for (int i = 0; i < octets.length; i++) {
            int c = octets[i] & 0xFF;
            if (c != '%') {
                if (part != Part.OTHER && c < 0x80 && !isHostCharacter(c)) {
                    throw new IllegalArgumentException(
                            "invalid character " + GoQuote.quote(String.valueOf((char) c)) + " in host name");
                }
                decoded[length++] = (byte) c;
                continue;
            }
            int value = escaped(octets, i, part);
            decoded[length++] = (byte) value;
            i += 2;
        }
        return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }

    private static int escaped(byte[] octets, int at, Part part) {
        int high = at + 2 < octets.length ? Character.digit(octets[at + 1], 16) : -1;
        int low = high < 0 ? -1 : Character.digit(octets[at + 2], 16);
        int value = (high << 4) | low;
        boolean percent = value == '%';
        boolean allowed = low >= 0
                && (part == Part.OTHER
                        || percent
                        || (part == Part.HOST ? high >= 8 : value == ' ' || value >= 0x80 || isHostCharacter(value)));
        if (!allowed) {
            String shown = new String(octets, at, Math.min(3, octets.length - at), StandardCharsets.UTF_8);
            throw new IllegalArgumentException("invalid URL escape " + GoQuote.quote(shown));
        }
        return value;
    }

    private static boolean isHostCharacter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || IN_HOST.indexOf(c) >= 0;
    }

    /**
     * Returns the host without port and brackets.
     *
     * @return empty if there is none
     */
    public String hostname() {
        int colon = portColon();
        String name = colon < 0 ? host : host.substring(0, colon);
        return name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    }

    /**
     * Returns the port's digits.
     *
     * @return empty if there are none
     */
    public String port() {
        int colon = portColon();
        return colon < 0 ? "" : host.substring(colon + 1);
    }

    private int portColon() {
        int colon = host.lastIndexOf(':');
        return colon >= 0 && PORT.matcher(host.substring(colon)).matches() ? colon : -1;
    }

    /**
     * Gives a URL without a port one.
     *
     * @param port the port
     * @return this, if it has one already
     */
    public GoUrl withDefaultPort(int port) {
        if (!port().isEmpty()) {
            return this;
        }
        String name = hostname();
        String authority = (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + port;
        return new GoUrl(scheme, userInfo, authority, path, rest);
    }

    /** Returns the URL with a scheme and a host as Go writes it, but for a password, which is left out. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(scheme).append("://");
        if (userInfo != null) {
            int colon = userInfo.indexOf(':');
            text.append(colon < 0 ? userInfo : userInfo.substring(0, colon) + ":xxxxx")
                    .append('@');
        }
        for (byte octet : host.getBytes(StandardCharsets.UTF_8)) {
            int c = octet & 0xFF;
            if (isHostCharacter(c)) {
                text.append((char) c);
            } else {
                text.append(String.format("%%%02X", c));
            }
        }
        return text.append(path).append(rest).toString();
    }

    private static IllegalArgumentException wrong(String url, @Nullable String reason) {
        return new IllegalArgumentException("parse " + GoQuote.quote(withoutSecret(url)) + ": " + reason);
    }
}
