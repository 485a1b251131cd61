package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The only origin, from flags, where a configuration has no rules. */
final class SingleOrigin {

    /** What cloudflared takes here; a rule takes more. */
    private static final Set<String> SCHEMES = Set.of("http", "https", "rdp", "ssh", "smb", "tcp");

    /** The default of {@code --url}, which counts as not given. */
    private static final String DEFAULT_URL = "http://localhost:8080";

    private SingleOrigin() {}

    /** Empty if no flag names one. */
    static Optional<Ingress> of(Values values, boolean hasArgument) {
        Optional<String> url = values.text("url").filter(text -> !text.equals(DEFAULT_URL));
        Optional<String> socket = values.text("unix-socket");
        Optional<Origin> origin = Optional.empty();
        if (values.isOn("hello-world")) {
            origin = Optional.of(Origin.helloWorld());
        } else if (url.isPresent()) {
            origin = Optional.of(origin(url.get()));
        }
        if (socket.isPresent()) {
            if (origin.isPresent() || hasArgument) {
                throw new TunnelException("--unix-socket must be used exclusively.");
            }
            origin = Optional.of(Origin.unix(Path.of(socket.get())));
        }
        return origin.map(one -> Ingress.of(IngressRule.otherwise(one).with(options(values))));
    }

    static Origin origin(String text) {
        String whole = text.contains("://") ? text : "http://" + text;
        try {
            URI uri = new URI(whole);
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            if (!SCHEMES.contains(scheme)) {
                throw new TunnelException("Error validating origin URL: Currently Cloudflare Tunnel does not support "
                        + scheme + " protocol.");
            }
            if (uri.getHost() == null) {
                throw new TunnelException("Error validating origin URL: '" + text + "' has no host. Give a URL such as "
                        + DEFAULT_URL + ".");
            }
            int port = uri.getPort();
            URI withoutPath = new URI(scheme, null, uri.getHost(), port, null, null, null);
            return switch (scheme) {
                case "http" -> Origin.http(withoutPath);
                case "https" -> Origin.https(withoutPath);
                default -> Origin.tcp(withoutPath);
            };
        } catch (URISyntaxException e) {
            throw new TunnelException("Error validating origin URL: " + e.getMessage(), e);
        }
    }

    private static OriginOptions options(Values values) {
        OriginOptions.Builder options = OriginOptions.builder()
                .noHappyEyeballs(values.isOn("proxy-no-happy-eyeballs"))
                .matchSniToHost(values.isOn("match-sni-to-host"))
                .noTlsVerify(values.isOn("no-tls-verify"))
                .disableChunkedEncoding(values.isOn("no-chunked-encoding"))
                .http2Origin(values.isOn("http2-origin"))
                .proxyType(values.isOn("socks5") ? OriginOptions.ProxyType.SOCKS : OriginOptions.ProxyType.NONE);
        values.duration("proxy-connect-timeout").ifPresent(options::connectTimeout);
        values.duration("proxy-tls-timeout").ifPresent(options::tlsTimeout);
        values.duration("proxy-tcp-keepalive").ifPresent(options::tcpKeepAlive);
        values.number("proxy-keepalive-connections").ifPresent(options::keepAliveConnections);
        values.duration("proxy-keepalive-timeout").ifPresent(options::keepAliveTimeout);
        values.text("http-host-header").ifPresent(options::httpHostHeader);
        values.text("origin-server-name").ifPresent(options::originServerName);
        values.text("origin-ca-pool").map(Path::of).ifPresent(options::caPool);
        return options.build();
    }
}
