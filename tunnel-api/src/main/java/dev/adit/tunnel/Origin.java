package dev.adit.tunnel;

import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where requests that match a rule go: a service next to the application, or the application itself.
 *
 * <p>The list of kinds is complete and closed.
 */
public sealed interface Origin {

    /**
     * An HTTP/1.1 service without TLS.
     *
     * @param host a name or an IP literal, without brackets
     * @param port 1 to 65535
     */
    record Http(String host, int port) implements Origin {
        /** Checks host and port. */
        public Http {
            checkAddress(host, port);
        }

        @Override
        public String toString() {
            return "http://" + authority(host, port);
        }
    }

    /**
     * An HTTP/1.1 service with TLS. The certificate is verified unless {@link OriginOptions#noTlsVerify()} is set.
     *
     * @param host a name or an IP literal, without brackets
     * @param port 1 to 65535
     */
    record Https(String host, int port) implements Origin {
        /** Checks host and port. */
        public Https {
            checkAddress(host, port);
        }

        @Override
        public String toString() {
            return "https://" + authority(host, port);
        }
    }

    /**
     * An HTTP/2 service without TLS, by prior knowledge.
     *
     * @param host a name or an IP literal, without brackets
     * @param port 1 to 65535
     */
    record H2c(String host, int port) implements Origin {
        /** Checks host and port. */
        public H2c {
            checkAddress(host, port);
        }

        @Override
        public String toString() {
            return "h2c://" + authority(host, port);
        }
    }

    /**
     * An HTTP/1.1 service on a Unix domain socket. In TLS it is asked for and verified by the name {@code localhost},
     * unless {@link OriginOptions#originServerName()} names another.
     *
     * @param path the socket's file, on the default file system. Systems take about 100 bytes
     * @param tls whether to speak TLS on it
     */
    record Unix(Path path, boolean tls) implements Origin {
        /** Checks the path. */
        public Unix {
            if (!path.getFileSystem().equals(FileSystems.getDefault())) {
                throw new IllegalArgumentException("path: '" + path
                        + "' (expected: one of the system's own files, not of an archive or the like)");
            }
        }

        @Override
        public String toString() {
            return (tls ? "unix+tls:" : "unix:") + path;
        }
    }

    /**
     * A raw TCP service, reached by visitors through WebSocket.
     *
     * @param scheme what the service speaks, such as {@code tcp} or {@code ssh}, lower-case. It names the default port
     *     and is shown, nothing else; {@code http}, {@code https}, {@code h2c}, {@code ws} and {@code wss} are no TCP
     *     services
     * @param host a name or an IP literal, without brackets
     * @param port 1 to 65535; 0 stands for none, and every request is then answered 502. Configuration files may leave
     *     it out for a scheme without a default port, as cloudflared does
     */
    record Tcp(String scheme, String host, int port) implements Origin {

        private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");
        private static final Set<String> OF_HTTP = Set.of("http", "https", "h2c", "ws", "wss");

        /** Checks scheme, host and port. */
        public Tcp {
            if (!SCHEME.matcher(scheme).matches() || OF_HTTP.contains(scheme)) {
                throw new IllegalArgumentException("scheme: '" + scheme
                        + "' (expected: that of a TCP service in lower case, such as tcp, ssh, rdp or smb)");
            }
            checkAddress(host, port == 0 ? 1 : port);
        }

        /**
         * Returns the port of a scheme where none is given. Source: cloudflared, {@code ingress/origin_service.go}.
         *
         * @param scheme lower-case
         * @return 7864 for {@code tcp}, 22 for {@code ssh}, 3389 for {@code rdp}, 445 for {@code smb}, else 0
         */
        public static int defaultPort(String scheme) {
            return switch (scheme) {
                case "tcp" -> 7864;
                case "ssh" -> 22;
                case "rdp" -> 3389;
                case "smb" -> 445;
                default -> 0;
            };
        }

        @Override
        public String toString() {
            String shown = scheme + "://" + authority(host, port);
            return port == 0 ? shown.substring(0, shown.length() - 2) : shown;
        }
    }

    /**
     * A fixed answer without body.
     *
     * @param status 100 to 999; an interim status (below 200) ends as 502, for it is no final answer
     */
    record Status(int status) implements Origin {
        /** Checks the status. */
        public Status {
            if (status < 100 || status > 999) {
                throw new IllegalArgumentException("status: " + status + " (expected: 100 to 999)");
            }
        }

        @Override
        public String toString() {
            return "http_status:" + status;
        }
    }

    /**
     * The application itself, in blocking style.
     *
     * @param handler called for each request
     */
    record Handler(OriginHandler handler) implements Origin {
        @Override
        public String toString() {
            return "handler";
        }
    }

    /**
     * The application itself, in asynchronous style.
     *
     * @param handler called for each request
     */
    record AsyncHandler(AsyncOriginHandler handler) implements Origin {
        @Override
        public String toString() {
            return "handler";
        }
    }

    /**
     * A small service in the connector itself, to try a tunnel with: a page that shows the visitor the own request,
     * {@code /uptime}, {@code /ws} that sends messages back, {@code /sse} that counts every 10 s (or {@code ?freq=1s})
     * and {@code /_health}. Answers as cloudflared's does; opens no socket.
     */
    record HelloWorld() implements Origin {
        @Override
        public String toString() {
            return "hello_world";
        }
    }

    /**
     * Several origins that serve the same. Each request goes to a member that is not out and has the fewest requests
     * pending, open WebSockets and TCP streams among them; members with the same number take turns. If all are out, the
     * one whose time is over first is tried. A request of an idempotent method whose member cannot be connected to is
     * tried on the next one, as long as nothing of its body has come.
     *
     * @param members at least one, each once, none a pool itself
     * @param options when a member is out
     */
    record Pool(List<Origin> members, PoolOptions options) implements Origin {
        /** Copies and checks the members. */
        public Pool {
            members = List.copyOf(members);
            if (members.isEmpty() || Set.copyOf(members).size() < members.size()) {
                throw new IllegalArgumentException("members: " + members + " (expected: at least one, each once)");
            }
            for (Origin member : members) {
                boolean asked = options.healthPath() != null;
                if (member instanceof Pool) {
                    throw new IllegalArgumentException("members: " + member + " is a pool itself. Name its members.");
                }
                if (asked && (member instanceof Tcp || member instanceof Bastion || member instanceof Socks)) {
                    throw new IllegalArgumentException("members: " + member
                            + " does not speak HTTP, so that it cannot be asked for the healthPath. Leave that out.");
                }
            }
        }

        @Override
        public String toString() {
            return "pool:" + members;
        }
    }

    /**
     * TCP to a destination that the visitor names.
     *
     * @param rules the destinations that may be reached; everything else is refused
     */
    record Bastion(List<IpRule> rules) implements Origin {
        /** Copies the list. */
        public Bastion {
            rules = List.copyOf(rules);
        }

        @Override
        public String toString() {
            return "bastion";
        }
    }

    /**
     * A SOCKS5 proxy.
     *
     * @param rules the destinations that may be reached; everything else is refused
     */
    record Socks(List<IpRule> rules) implements Origin {
        /** Copies the list. */
        public Socks {
            rules = List.copyOf(rules);
        }

        @Override
        public String toString() {
            return "socks-proxy";
        }
    }

    /**
     * An HTTP/1.1 service without TLS.
     *
     * @param host a name or an IP literal
     * @param port 1 to 65535
     * @return the origin
     */
    static Http http(String host, int port) {
        return new Http(host, port);
    }

    /**
     * An HTTP/1.1 service without TLS.
     *
     * @param uri {@code http://host[:port]}, port 80 if none is given
     * @return the origin
     * @throws IllegalArgumentException if the scheme is not {@code http}, there is no host, or there is a path: requests
     *     keep the path that the visitor asked for
     */
    static Http http(URI uri) {
        return new Http(host(uri, "http"), port(uri, 80));
    }

    /**
     * An HTTP/1.1 service with TLS.
     *
     * @param host a name or an IP literal
     * @param port 1 to 65535
     * @return the origin
     */
    static Https https(String host, int port) {
        return new Https(host, port);
    }

    /**
     * An HTTP/1.1 service with TLS.
     *
     * @param uri {@code https://host[:port]}, port 443 if none is given
     * @return the origin
     * @throws IllegalArgumentException if the scheme is not {@code https}, there is no host, or there is a path
     */
    static Https https(URI uri) {
        return new Https(host(uri, "https"), port(uri, 443));
    }

    /**
     * An HTTP/2 service without TLS, by prior knowledge.
     *
     * @param host a name or an IP literal
     * @param port 1 to 65535
     * @return the origin
     */
    static H2c h2c(String host, int port) {
        return new H2c(host, port);
    }

    /**
     * An HTTP/1.1 service on a Unix domain socket.
     *
     * @param path the socket's file, on the default file system
     * @return the origin
     */
    static Unix unix(Path path) {
        return new Unix(path, false);
    }

    /**
     * An HTTP/1.1 service on a Unix domain socket, with TLS.
     *
     * @param path the socket's file, on the default file system
     * @return the origin
     */
    static Unix unixTls(Path path) {
        return new Unix(path, true);
    }

    /**
     * A raw TCP service.
     *
     * @param host a name or an IP literal
     * @param port 1 to 65535
     * @return the origin
     */
    static Tcp tcp(String host, int port) {
        return new Tcp("tcp", host, checkPort(port));
    }

    /**
     * A raw TCP service.
     *
     * @param uri {@code tcp://host[:port]} or with any other scheme that is not one of HTTP. Ports that are not given
     *     are 7864 for {@code tcp}, 22 for {@code ssh}, 3389 for {@code rdp} and 445 for {@code smb}
     * @return the origin
     * @throws IllegalArgumentException if the scheme is none or one of HTTP, there is no host, there is a path, or there
     *     is no port and the scheme has none
     */
    static Tcp tcp(URI uri) {
        @Nullable String given = uri.getScheme();
        String scheme = given == null ? "" : given.toLowerCase(Locale.ROOT);
        String host = host(uri, given == null ? "tcp" : scheme);
        int port = port(uri, Tcp.defaultPort(scheme));
        return new Tcp(scheme, host, checkPort(port));
    }

    /**
     * A fixed answer without body.
     *
     * @param status 100 to 999
     * @return the origin
     */
    static Status status(int status) {
        return new Status(status);
    }

    /**
     * The application itself, in blocking style. No socket is opened.
     *
     * @param handler called for each request, off the event loops
     * @return the origin
     */
    static Handler handler(OriginHandler handler) {
        return new Handler(handler);
    }

    /**
     * The application itself, in asynchronous style. No socket is opened.
     *
     * @param handler called for each request, off the event loops
     * @return the origin
     */
    static AsyncHandler asyncHandler(AsyncOriginHandler handler) {
        return new AsyncHandler(handler);
    }

    /**
     * A small page of our own.
     *
     * @return the origin
     */
    static HelloWorld helloWorld() {
        return new HelloWorld();
    }

    /**
     * Several origins that serve the same, with {@link PoolOptions#defaults()}.
     *
     * @param members at least one, each once, none a pool itself
     * @return the origin
     */
    static Pool pool(Origin... members) {
        return new Pool(List.of(members), PoolOptions.defaults());
    }

    /**
     * Several origins that serve the same.
     *
     * @param options when a member is out
     * @param members at least one, each once, none a pool itself
     * @return the origin
     */
    static Pool pool(PoolOptions options, Origin... members) {
        return new Pool(List.of(members), options);
    }

    /**
     * TCP to a destination that the visitor names.
     *
     * @param rules the destinations that may be reached; everything else is refused
     * @return the origin
     */
    static Bastion bastion(IpRule... rules) {
        return new Bastion(List.of(rules));
    }

    /**
     * A SOCKS5 proxy.
     *
     * @param rules the destinations that may be reached; everything else is refused
     * @return the origin
     */
    static Socks socks(IpRule... rules) {
        return new Socks(List.of(rules));
    }

    private static void checkAddress(String host, int port) {
        boolean oneColon = host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':');
        if (host.isEmpty()
                || oneColon
                || host.chars().anyMatch(c -> c <= ' ' || c == 0x7F || "/[]@?#".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("host: '" + host
                    + "' (expected: a host name or an IP literal, without port, brackets, path or scheme)");
        }
        checkPort(port);
    }

    private static int checkPort(int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
        }
        return port;
    }

    private static String authority(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private static String host(URI uri, String scheme) {
        @Nullable String given = uri.getScheme();
        if (given == null || !given.toLowerCase(Locale.ROOT).equals(scheme)) {
            throw new IllegalArgumentException(
                    "origin: '" + uri + "' (expected: a URI like " + scheme + "://localhost:8080)");
        }
        @Nullable String host = uri.getHost();
        if (host == null) {
            throw new IllegalArgumentException(
                    "origin: '" + uri + "' has no host (expected: " + scheme + "://host:port)");
        }
        @Nullable String path = uri.getRawPath();
        if (path != null && !path.isEmpty()) {
            throw new IllegalArgumentException("origin: '" + uri + "' has the path '" + path
                    + "', but requests keep the path that the visitor asked for. Leave it out.");
        }
        if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("origin: the URI of the host '" + host
                    + "' has a user, a query or a fragment, which would be ignored. Leave it out.");
        }
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(URI uri, int otherwise) {
        return uri.getPort() < 0 ? otherwise : uri.getPort();
    }
}
