package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.spi.TcpAccessSettings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The service as visitors name it. Immutable.
 *
 * @param host its name or literal address, without brackets
 * @param port its port
 * @param authority for {@code Host}: the port only where it is not the scheme's own
 * @param target path and query
 * @param headers sent along; may hold secrets
 * @param dial where to connect to, unresolved or not
 * @param tls null for a service without TLS
 * @param connectTimeout limit for opening
 */
record AccessTarget(
        String host,
        int port,
        String authority,
        String target,
        HeaderFields headers,
        InetSocketAddress dial,
        @Nullable SslContext tls,
        Duration connectTimeout) {

    static AccessTarget of(TcpAccessSettings settings) {
        URI url = settings.url();
        boolean secure = url.getScheme().toLowerCase(Locale.ROOT).endsWith("s");
        String named = url.getHost();
        String host = named.startsWith("[") ? named.substring(1, named.length() - 1) : named;
        int standard = secure ? 443 : 80;
        int port = url.getPort() < 0 ? standard : url.getPort();
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        InetSocketAddress edge = settings.edgeAddress();
        return new AccessTarget(
                host,
                port,
                port == standard ? named : named + ":" + port,
                url.getRawQuery() == null ? path : path + "?" + url.getRawQuery(),
                settings.headers(),
                edge == null ? InetSocketAddress.createUnresolved(host, port) : edge,
                secure ? tls(settings) : null,
                settings.connectTimeout());
    }

    private static SslContext tls(TcpAccessSettings settings) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .protocols("TLSv1.3", "TLSv1.2")
                    .endpointIdentificationAlgorithm("HTTPS");
            if (!settings.authorities().isEmpty()) {
                builder.trustManager(settings.authorities().toArray(new X509Certificate[0]));
            }
            return builder.build();
        } catch (SSLException e) {
            throw new TunnelException("TLS cannot be set up: " + e.getMessage() + ". Check the given authorities.", e);
        }
    }

    /** Without the headers, which may hold secrets. */
    @Override
    public String toString() {
        return authority;
    }
}
