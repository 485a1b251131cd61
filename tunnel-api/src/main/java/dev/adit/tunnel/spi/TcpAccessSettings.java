package dev.adit.tunnel.spi;

import dev.adit.tunnel.HeaderFields;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * What an access was built with, for the implementation. The meaning and default of each is that of the method of
 * {@link dev.adit.tunnel.TcpAccess.Builder} of the same name.
 *
 * @param url the service's public address
 * @param edgeAddress where to connect to instead, null for where the URL leads
 * @param authorities who vouches for certificates, empty for the JVM's
 * @param headers sent with the request that opens a WebSocket; may hold secrets
 * @param listen where to listen
 * @param connectTimeout limit for opening one WebSocket
 * @param eventLoops a borrowed event loop group, null for one of our own
 */
public record TcpAccessSettings(
        URI url,
        @Nullable InetSocketAddress edgeAddress,
        List<X509Certificate> authorities,
        HeaderFields headers,
        InetSocketAddress listen,
        Duration connectTimeout,
        @Nullable ScheduledExecutorService eventLoops) {

    /** Copies the list. */
    public TcpAccessSettings {
        authorities = List.copyOf(authorities);
    }

    /** Without the headers, which may hold secrets. */
    @Override
    public String toString() {
        return "TcpAccessSettings[" + url + ", listen=" + listen + "]";
    }
}
