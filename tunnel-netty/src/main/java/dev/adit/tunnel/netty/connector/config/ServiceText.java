package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.IngressException.Code;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Destination;
import dev.adit.tunnel.netty.connector.golang.GoQuote;
import dev.adit.tunnel.netty.connector.golang.GoUrl;
import java.net.IDN;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What the text of a service means. Source: cloudflared 2026.8.2, {@code ingress/ingress.go}.
 *
 * @param origin where requests go
 * @param shown how cloudflared shows it
 * @param unreachable why no request can reach it, each being answered 502; empty if it can be reached
 */
record ServiceText(Origin origin, String shown, String unreachable) {

    private static final String UNIX = "unix:";
    private static final String UNIX_TLS = "unix+tls:";
    private static final String STATUS = "http_status:";
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");
    private static final int MAX_PORT = 65_535;
    private static final int MAX_DIGITS = 9;

    /** The answer for what cannot be reached. */
    private static final Origin UNREACHABLE = Origin.status(502);

    /** Why a service is refused, in cloudflared's words. */
    static final class RefusedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final Code code;

        RefusedException(Code code, String message) {
            super(message);
            this.code = code;
        }

        Code code() {
            return code;
        }
    }

    /**
     * Reads a service.
     *
     * @param text of the rule
     * @param own the rule's own settings
     * @param merged with the global ones beneath
     * @throws RefusedException if it is none
     */
    static ServiceText read(String text, OriginSettings own, OriginSettings merged) {
        if (text.startsWith(UNIX)) {
            return unix(text, text.substring(UNIX.length()), false);
        }
        if (text.startsWith(UNIX_TLS)) {
            return unix(text, text.substring(UNIX_TLS.length()), true);
        }
        if (text.startsWith(STATUS)) {
            return of(Origin.status(status(text.substring(STATUS.length()))));
        }
        if (text.equals("hello_world") || text.equals("hello-world")) {
            return of(Origin.helloWorld());
        }
        if (text.equals("socks-proxy")) {
            return of(new Origin.Socks(ipRules(text, own)));
        }
        if (text.equals("bastion") || merged.flag(OriginKey.BASTION_MODE)) {
            return of(new Origin.Bastion(ipRules("bastion", own)));
        }
        return url(text);
    }

    private static ServiceText of(Origin origin) {
        return new ServiceText(origin, origin.toString(), "");
    }

    private static ServiceText unix(String text, String path, boolean tls) {
        try {
            return new ServiceText(new Origin.Unix(Path.of(path), tls), text, "");
        } catch (InvalidPathException e) {
            return new ServiceText(UNREACHABLE, text, "its path is none: " + e.getReason());
        }
    }

    private static int status(String digits) {
        if (!INTEGER.matcher(digits).matches()) {
            throw new RefusedException(
                    Code.SERVICE_INVALID,
                    "invalid HTTP status code: strconv.Atoi: parsing " + GoQuote.quote(digits) + ": invalid syntax");
        }
        String bare = digits.replaceFirst("^[+]?(-?)0*(?=[0-9])", "$1");
        if (bare.length() > MAX_DIGITS || Integer.parseInt(bare) < 100 || Integer.parseInt(bare) > 999) {
            throw new RefusedException(Code.SERVICE_INVALID, "invalid HTTP status code: " + bare);
        }
        return Integer.parseInt(bare);
    }

    private static List<IpRule> ipRules(String service, OriginSettings own) {
        List<IpRule> rules = new ArrayList<>();
        for (Destination destination : own.destinations()) {
            rules.add(ipRule(service, destination));
        }
        return rules;
    }

    private static IpRule ipRule(String service, Destination destination) {
        String prefix = destination.prefix();
        if (prefix == null || prefix.isEmpty()) {
            throw badIpRule(service, "no prefix provided");
        }
        try {
            new IpRule(prefix, List.of(), false);
        } catch (IllegalArgumentException e) {
            throw badIpRule(service, "unable to parse cidr: " + prefix);
        }
        List<Integer> ports = new ArrayList<>();
        for (long port : destination.ports().stream().sorted().toList()) {
            if (port < 1 || port > MAX_PORT) {
                throw badIpRule(service, "invalid port " + port + ", needs to be between 1 and 65535");
            }
            ports.add((int) port);
        }
        return new IpRule(prefix, ports, destination.allow());
    }

    private static RefusedException badIpRule(String service, String reason) {
        return new RefusedException(Code.IP_RULE_INVALID, "unable to create ip rule for " + service + ": " + reason);
    }

    private static ServiceText url(String text) {
        GoUrl url;
        try {
            url = GoUrl.parse(text);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(Code.SERVICE_INVALID, String.valueOf(e.getMessage()));
        }
        if (url.scheme().isEmpty() || url.hostname().isEmpty()) {
            throw new RefusedException(
                    Code.SERVICE_INVALID,
                    GoUrl.withoutSecret(text)
                            + " is an invalid address, please make sure it has a scheme and a hostname");
        }
        if (!url.path().isEmpty()) {
            throw new RefusedException(
                    Code.SERVICE_INVALID,
                    GoUrl.withoutSecret(text) + " is an invalid address, ingress rules don't support proxying to a"
                            + " different path on the origin service. The path will be the same as the eyeball"
                            + " request's path");
        }
        int defaultPort = Origin.Tcp.defaultPort(url.scheme());
        return reach(defaultPort == 0 ? url : url.withDefaultPort(defaultPort));
    }

    private static ServiceText reach(GoUrl url) {
        String shown = url.toString();
        String digits = url.port().replaceFirst("^0+(?=[0-9])", "");
        if (digits.length() > MAX_DIGITS || (!digits.isEmpty() && !isPort(Integer.parseInt(digits)))) {
            return new ServiceText(UNREACHABLE, shown, "the port " + digits + " does not exist");
        }
        try {
            return new ServiceText(origin(url, digits), shown, "");
        } catch (IllegalArgumentException e) {
            return new ServiceText(UNREACHABLE, shown, "its host is none: " + e.getMessage());
        }
    }

    private static boolean isPort(int number) {
        return number >= 1 && number <= MAX_PORT;
    }

    private static Origin origin(GoUrl url, String digits) {
        String host = url.hostname().chars().allMatch(c -> c < 0x80)
                ? url.hostname()
                : IDN.toASCII(url.hostname(), IDN.ALLOW_UNASSIGNED);
        return switch (url.scheme()) {
            case "http", "ws" -> Origin.http(host, port(digits, 80));
            case "https", "wss" -> Origin.https(host, port(digits, 443));
            case "h2c" -> Origin.h2c(host, port(digits, 80));
            default -> new Origin.Tcp(url.scheme(), host, port(digits, 0));
        };
    }

    private static int port(String digits, int otherwise) {
        return digits.isEmpty() ? otherwise : Integer.parseInt(digits);
    }
}
