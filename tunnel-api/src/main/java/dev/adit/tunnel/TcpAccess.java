package dev.adit.tunnel;

import dev.adit.tunnel.spi.TcpAccessProvider;
import dev.adit.tunnel.spi.TcpAccessSettings;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The visitor's side of a TCP service behind a tunnel: a local port that leads there. Each connection to the port becomes
 * one WebSocket to the service's public host name, as {@code cloudflared access tcp} makes it, so either side may be
 * cloudflared's. Running from the moment it is started. Safe for use by several threads.
 *
 * <pre>{@code
 * try (TcpAccess ssh = TcpAccess.builder().hostname("ssh.example.com").start()) {
 *     System.out.println("ssh -p " + ssh.address().getPort() + " localhost");
 *     ssh.awaitClosed();
 * }
 * }</pre>
 *
 * <p>Between two Adit ends each direction ends for itself, as with TCP. A connector of cloudflared's ends both directions
 * as soon as one has ended.
 */
public interface TcpAccess extends AutoCloseable {

    /**
     * Begins an access.
     *
     * @return a builder
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * Returns where it listens.
     *
     * @return the bound address
     */
    InetSocketAddress address();

    /**
     * Returns how many local connections are open, those included whose WebSocket is still being opened.
     *
     * @return zero or more
     */
    int connections();

    /**
     * Waits until it is closed.
     *
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    void awaitClosed() throws InterruptedException;

    /** Stops listening, breaks off the connections and ends the threads. A second call waits for the first. */
    @Override
    void close();

    /** An access to be. Not for use by several threads. */
    final class Builder {

        private static final String DESTINATION = "Cf-Access-Jump-Destination";
        private static final String TOKEN_ID = "Cf-Access-Client-Id";
        private static final String TOKEN_SECRET = "Cf-Access-Client-Secret";

        private @Nullable URI url;
        private @Nullable InetSocketAddress edgeAddress;
        private List<X509Certificate> authorities = List.of();
        private HeaderFields headers = HeaderFields.empty();
        private InetSocketAddress listen = new InetSocketAddress("127.0.0.1", 0);
        private Duration connectTimeout = Duration.ofSeconds(30);
        private @Nullable ScheduledExecutorService eventLoops;

        private Builder() {}

        /**
         * Sets the service's public host name. It is reached by {@code https}.
         *
         * @param hostname such as {@code ssh.example.com}, with a port if it is not 443
         * @return this
         * @throws IllegalArgumentException if it is not a host name
         */
        public Builder hostname(String hostname) {
            try {
                return url(new URI("https://" + hostname + "/"));
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException("hostname: '" + hostname + "' (expected: a host name)", e);
            }
        }

        /**
         * Sets the service's public address, in place of {@link #hostname}: with {@code http}, for an edge of your own
         * without TLS, or with a path.
         *
         * @param address {@code https}, {@code http}, {@code wss} or {@code ws}, with a host
         * @return this
         * @throws IllegalArgumentException if it is something else
         */
        public Builder url(URI address) {
            String scheme = String.valueOf(address.getScheme());
            if (!scheme.matches("(?i)https?|wss?") || address.getHost() == null || address.getRawUserInfo() != null) {
                throw new IllegalArgumentException(
                        "url: " + scheme + "://" + address.getHost() + " (expected: https or http, a host, no user)");
            }
            url = address;
            return this;
        }

        /**
         * Sets where to connect to in place of what the host name resolves to. What is asked for, and whose certificate is
         * wanted, stays the same. Default none.
         *
         * @param address may be unresolved
         * @return this
         */
        public Builder edgeAddress(InetSocketAddress address) {
            edgeAddress = address;
            return this;
        }

        /**
         * Sets who may vouch for the host's certificate, in place of the JVM's authorities.
         *
         * @param pem a file of one or more certificates
         * @return this
         * @throws TunnelException if the file cannot be read or holds no certificate
         */
        public Builder authorities(Path pem) {
            return authorities(EdgeTrust.only(pem).authorities());
        }

        /**
         * Sets who may vouch for the host's certificate, in place of the JVM's authorities.
         *
         * @param trusted at least one
         * @return this
         */
        public Builder authorities(List<X509Certificate> trusted) {
            if (trusted.isEmpty()) {
                throw new IllegalArgumentException("authorities: none (expected: at least one)");
            }
            authorities = List.copyOf(trusted);
            return this;
        }

        /**
         * Names the destination behind a bastion service. Default none.
         *
         * @param hostAndPort such as {@code db.internal:5432}
         * @return this
         */
        public Builder destination(String hostAndPort) {
            headers = headers.without(DESTINATION).with(DESTINATION, hostAndPort);
            return this;
        }

        /**
         * Sets the service token that Cloudflare Access asks machines for. It is sent with each connection and appears in
         * no message or log. Default none.
         *
         * @param id the client id
         * @param secret the client secret
         * @return this
         */
        public Builder serviceToken(String id, String secret) {
            headers = headers.without(TOKEN_ID)
                    .without(TOKEN_SECRET)
                    .with(TOKEN_ID, id)
                    .with(TOKEN_SECRET, secret);
            return this;
        }

        /**
         * Adds a header to the request that opens each WebSocket.
         *
         * @param name not one that WebSocket itself uses, nor {@code Host}
         * @param value any text of one line
         * @return this
         * @throws IllegalArgumentException if the name or the value cannot be sent
         */
        public Builder header(String name, String value) {
            if (name.matches("(?i)Host|Connection|Upgrade|Content-Length|Transfer-Encoding|Sec-WebSocket-.*")) {
                throw new IllegalArgumentException(
                        "header: " + name + " (expected: one that the WebSocket does not set)");
            }
            headers = headers.with(name, value);
            return this;
        }

        /**
         * Sets where to listen. Default a free port of loopback. Whoever reaches this address reaches the service, with
         * the service token that was given.
         *
         * @param address port 0 for a free one
         * @return this
         */
        public Builder listen(InetSocketAddress address) {
            listen = address;
            return this;
        }

        /**
         * Sets the limit for opening one WebSocket: name, TCP, TLS and the answer. Default 30 s.
         *
         * @param value more than zero
         * @return this
         */
        public Builder connectTimeout(Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException("connectTimeout: " + value + " (expected: > 0)");
            }
            connectTimeout = value;
            return this;
        }

        /**
         * Borrows event loops; they are not shut down. Default a group of its own with daemon threads.
         *
         * @param group an {@code io.netty.channel.EventLoopGroup}
         * @return this
         */
        public Builder eventLoops(ScheduledExecutorService group) {
            eventLoops = group;
            return this;
        }

        /**
         * Listens. The service is not contacted before a connection comes; a connection that does not get through is
         * closed and the log says why.
         *
         * @return the running access
         * @throws TunnelException if no host name was given, the address cannot be bound, or the implementation is missing
         */
        public TcpAccess start() {
            return TcpAccessProvider.load().start(settings());
        }

        /**
         * Opens one connection to the service and copies it to and from streams, as ssh's {@code ProxyCommand} wants it.
         * Blocks until the service has ended its direction, or the connection is lost. The end of {@code in} is passed on
         * to the service. {@code in} is read on a daemon thread, which may wait in {@code read} after this method has
         * returned. Neither stream is closed.
         *
         * @param in what to send
         * @param out where to write what the service sends; flushed as it comes
         * @throws TunnelException if the service cannot be reached or refuses, or the connection breaks off
         * @throws InterruptedException if the thread is interrupted; the connection is broken off
         */
        public void copy(InputStream in, OutputStream out) throws InterruptedException {
            TcpAccessProvider.load().copy(settings(), in, out);
        }

        private TcpAccessSettings settings() {
            if (url == null) {
                throw new TunnelException("There is no host to connect to. Call hostname(...), for example with"
                        + " \"ssh.example.com\", or url(...).");
            }
            return new TcpAccessSettings(url, edgeAddress, authorities, headers, listen, connectTimeout, eventLoops);
        }
    }
}
