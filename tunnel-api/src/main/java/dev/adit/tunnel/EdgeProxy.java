package dev.adit.tunnel;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A proxy on the way from the connector to the edge. It is given the edge's names and resolves them itself. TLS goes
 * through it: it sees neither requests nor the tunnel's secret. Immutable; {@link #toString()} never shows credentials.
 */
public final class EdgeProxy {

    private static final int MAX_PORT = 65_535;
    private static final int DEFAULT_HTTP_PORT = 80;
    private static final int DEFAULT_SOCKS_PORT = 1080;

    /** How the proxy is spoken to. */
    public enum Kind {
        /** {@code CONNECT} of HTTP/1.1, with {@code Basic} credentials if any. */
        HTTP,
        /** SOCKS5 (RFC 1928), with user name and password (RFC 1929) if any. */
        SOCKS5
    }

    private final Kind kind;
    private final String host;
    private final int port;
    private final @Nullable String user;
    private final String password;

    private EdgeProxy(Kind kind, String host, int port, @Nullable String user, String password) {
        if (host.isEmpty() || port < 1 || port > MAX_PORT) {
            throw new IllegalArgumentException("proxy: '" + host + "':" + port + " (expected: a host and a port)");
        }
        this.kind = kind;
        this.host = host;
        this.port = port;
        this.user = user;
        this.password = password;
    }

    /**
     * Names an HTTP proxy.
     *
     * @param host its name or address
     * @param port such as 3128
     * @return the proxy
     */
    public static EdgeProxy http(String host, int port) {
        return new EdgeProxy(Kind.HTTP, host, port, null, "");
    }

    /**
     * Names a SOCKS5 proxy.
     *
     * @param host its name or address
     * @param port such as 1080
     * @return the proxy
     */
    public static EdgeProxy socks5(String host, int port) {
        return new EdgeProxy(Kind.SOCKS5, host, port, null, "");
    }

    /**
     * Reads a proxy as {@code HTTPS_PROXY} has it: {@code http://user:password@host:port} or {@code socks5://...}
     * ({@code socks5h} means the same); without a scheme it is HTTP. The port is 80 or 1080 where none is given; what is
     * not plain in user and password is percent-encoded.
     *
     * @param text the proxy
     * @return the proxy
     * @throws TunnelException if it is none; the message does not repeat the text, which may hold a password
     */
    public static EdgeProxy parse(String text) {
        String stripped = text.strip();
        URI uri;
        try {
            uri = new URI(stripped.contains("://") ? stripped : "http://" + stripped);
        } catch (URISyntaxException e) {
            throw notOne("it is no URL");
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        Kind kind =
                switch (scheme) {
                    case "http" -> Kind.HTTP;
                    case "socks5", "socks5h" -> Kind.SOCKS5;
                    default -> throw notOne("proxies that are spoken to by " + scheme + " are not served");
                };
        String host = uri.getHost();
        if (host == null) {
            throw notOne("it has no host");
        }
        int port = uri.getPort() < 0 ? (kind == Kind.HTTP ? DEFAULT_HTTP_PORT : DEFAULT_SOCKS_PORT) : uri.getPort();
        if (port < 1 || port > MAX_PORT) {
            throw notOne("its port is " + port);
        }
        boolean literal = host.startsWith("[") && host.endsWith("]");
        EdgeProxy proxy = new EdgeProxy(kind, literal ? host.substring(1, host.length() - 1) : host, port, null, "");
        String credentials = uri.getRawUserInfo();
        if (credentials == null || credentials.isEmpty()) {
            return proxy;
        }
        int colon = credentials.indexOf(':');
        return proxy.withCredentials(
                decoded(colon < 0 ? credentials : credentials.substring(0, colon)),
                colon < 0 ? "" : decoded(credentials.substring(colon + 1)));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static TunnelException notOne(String why) {
        return new TunnelException("The proxy cannot be used: " + why
                + ". Give it as http://host:port or socks5://host:port, with user:password@ before the host if it wants"
                + " credentials.");
    }

    /**
     * The same proxy with credentials.
     *
     * @param name of the user
     * @param secret the password
     * @return a new value
     */
    public EdgeProxy withCredentials(String name, String secret) {
        return new EdgeProxy(kind, host, port, name, secret);
    }

    /**
     * Returns how it is spoken to.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns where it is.
     *
     * @return a name or an address, not resolved
     */
    public String host() {
        return host;
    }

    /**
     * Returns where it is.
     *
     * @return the port
     */
    public int port() {
        return port;
    }

    /**
     * Returns who we are to it.
     *
     * @return the user's name, empty if it wants no credentials
     */
    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /**
     * Returns the password. Keep it out of logs.
     *
     * @return empty text if there is none
     */
    public String password() {
        return password;
    }

    /** Returns kind, host and port, never the credentials. */
    @Override
    public String toString() {
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return kind.name().toLowerCase(Locale.ROOT) + "://" + shown + ":" + port;
    }
}
