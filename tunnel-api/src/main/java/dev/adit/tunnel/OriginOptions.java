package dev.adit.tunnel;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to talk to an origin. Names and defaults are those of cloudflared's {@code originRequest}, but for
 * {@link #responseTimeout()}, which cloudflared lacks. Immutable.
 *
 * @param connectTimeout limit for opening a TCP connection, over all addresses of the name. Default 30 s; more than
 *     zero
 * @param tlsTimeout limit for the TLS handshake. Default 10 s; zero means none
 * @param tcpKeepAlive how long a connection is idle before TCP probes it. Default 30 s; zero switches probes off
 * @param noHappyEyeballs whether to try addresses strictly one after the other in the resolver's order. Default false:
 *     IPv6 and IPv4 are tried in turn, 250 ms apart
 * @param keepAliveConnections how many idle connections to keep. Default 100; zero keeps none
 * @param keepAliveTimeout how long an idle connection is kept. Default 90 s; more than zero
 * @param httpHostHeader sent as {@code Host}; the visitor's goes into {@code X-Forwarded-Host}. Null, the default,
 *     sends the visitor's {@code Host}
 * @param originServerName the name to ask for and verify in TLS. Null, the default, is the origin's host
 * @param matchSniToHost whether to ask for and verify the name in the {@code Host} that is sent; wins over
 *     {@code originServerName}. Default false
 * @param caPool a PEM file of authorities trusted besides the system's. Null, the default, adds none
 * @param noTlsVerify whether to accept any certificate. Default false; logged as a warning
 * @param disableChunkedEncoding whether an HTTP origin gets a {@code Content-Length} even where the visitor sent none:
 *     the body is then held back until it is complete, up to 1 MiB; a longer one is answered 413, one that stops coming
 *     for {@code responseTimeout} 408. Bodies of known length pass as they come. Default false
 * @param http2Origin whether to offer HTTP/2 to an https origin. Default false
 * @param proxyType what is spoken inside the visitor's stream to a TCP origin. Default {@link ProxyType#NONE}
 * @param access whose requests are let through. Null, the default, lets all through
 * @param responseTimeout limit from the request until the response begins. Default 90 s; zero means none
 */
public record OriginOptions(
        Duration connectTimeout,
        Duration tlsTimeout,
        Duration tcpKeepAlive,
        boolean noHappyEyeballs,
        int keepAliveConnections,
        Duration keepAliveTimeout,
        @Nullable String httpHostHeader,
        @Nullable String originServerName,
        boolean matchSniToHost,
        @Nullable Path caPool,
        boolean noTlsVerify,
        boolean disableChunkedEncoding,
        boolean http2Origin,
        ProxyType proxyType,
        @Nullable AccessPolicy access,
        Duration responseTimeout) {

    private static final OriginOptions DEFAULTS = new OriginOptions(
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            false,
            100,
            Duration.ofSeconds(90),
            null,
            null,
            false,
            null,
            false,
            false,
            false,
            ProxyType.NONE,
            null,
            Duration.ofSeconds(90));

    /** What is spoken inside the visitor's stream to a TCP origin. */
    public enum ProxyType {
        /** The origin's own protocol. */
        NONE,
        /** SOCKS5 up to the visitor's request to connect, then the origin's protocol; the origin stays the one of the rule. */
        SOCKS
    }

    /** Checks the limits. */
    public OriginOptions {
        positive("connectTimeout", connectTimeout);
        notNegative("tlsTimeout", tlsTimeout);
        notNegative("tcpKeepAlive", tcpKeepAlive);
        positive("keepAliveTimeout", keepAliveTimeout);
        notNegative("responseTimeout", responseTimeout);
        if (keepAliveConnections < 0) {
            throw new IllegalArgumentException("keepAliveConnections: " + keepAliveConnections + " (expected: >= 0)");
        }
        if (httpHostHeader != null) {
            new HeaderFields.Field("Host", httpHostHeader);
        }
    }

    /**
     * Returns the options that hold where none are given.
     *
     * @return every default as stated above
     */
    public static OriginOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder(DEFAULTS);
    }

    /**
     * Begins with these options.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    private static void notNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
        }
    }

    /** Changes options one by one. Not for use by several threads. */
    public static final class Builder {

        private Duration connectTimeout;
        private Duration tlsTimeout;
        private Duration tcpKeepAlive;
        private boolean noHappyEyeballs;
        private int keepAliveConnections;
        private Duration keepAliveTimeout;
        private @Nullable String httpHostHeader;
        private @Nullable String originServerName;
        private boolean matchSniToHost;
        private @Nullable Path caPool;
        private boolean noTlsVerify;
        private boolean disableChunkedEncoding;
        private boolean http2Origin;
        private ProxyType proxyType;
        private @Nullable AccessPolicy access;
        private Duration responseTimeout;

        private Builder(OriginOptions from) {
            connectTimeout = from.connectTimeout;
            tlsTimeout = from.tlsTimeout;
            tcpKeepAlive = from.tcpKeepAlive;
            noHappyEyeballs = from.noHappyEyeballs;
            keepAliveConnections = from.keepAliveConnections;
            keepAliveTimeout = from.keepAliveTimeout;
            httpHostHeader = from.httpHostHeader;
            originServerName = from.originServerName;
            matchSniToHost = from.matchSniToHost;
            caPool = from.caPool;
            noTlsVerify = from.noTlsVerify;
            disableChunkedEncoding = from.disableChunkedEncoding;
            http2Origin = from.http2Origin;
            proxyType = from.proxyType;
            access = from.access;
            responseTimeout = from.responseTimeout;
        }

        /**
         * Sets {@link OriginOptions#connectTimeout()}.
         *
         * @param value more than zero
         * @return this
         */
        public Builder connectTimeout(Duration value) {
            connectTimeout = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#tlsTimeout()}.
         *
         * @param value zero for none
         * @return this
         */
        public Builder tlsTimeout(Duration value) {
            tlsTimeout = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#tcpKeepAlive()}.
         *
         * @param value zero for off
         * @return this
         */
        public Builder tcpKeepAlive(Duration value) {
            tcpKeepAlive = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#noHappyEyeballs()}.
         *
         * @param value whether to keep the resolver's order
         * @return this
         */
        public Builder noHappyEyeballs(boolean value) {
            noHappyEyeballs = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#keepAliveConnections()}.
         *
         * @param value zero or more
         * @return this
         */
        public Builder keepAliveConnections(int value) {
            keepAliveConnections = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#keepAliveTimeout()}.
         *
         * @param value more than zero
         * @return this
         */
        public Builder keepAliveTimeout(Duration value) {
            keepAliveTimeout = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#httpHostHeader()}.
         *
         * @param value null for the visitor's own
         * @return this
         */
        public Builder httpHostHeader(@Nullable String value) {
            httpHostHeader = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#originServerName()}.
         *
         * @param value null for the origin's host
         * @return this
         */
        public Builder originServerName(@Nullable String value) {
            originServerName = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#matchSniToHost()}.
         *
         * @param value whether the name follows {@code Host}
         * @return this
         */
        public Builder matchSniToHost(boolean value) {
            matchSniToHost = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#caPool()}.
         *
         * @param value a PEM file, null for none
         * @return this
         */
        public Builder caPool(@Nullable Path value) {
            caPool = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#noTlsVerify()}.
         *
         * @param value whether to accept any certificate
         * @return this
         */
        public Builder noTlsVerify(boolean value) {
            noTlsVerify = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#disableChunkedEncoding()}.
         *
         * @param value whether the body is sent with its length
         * @return this
         */
        public Builder disableChunkedEncoding(boolean value) {
            disableChunkedEncoding = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#http2Origin()}.
         *
         * @param value whether to offer HTTP/2
         * @return this
         */
        public Builder http2Origin(boolean value) {
            http2Origin = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#proxyType()}.
         *
         * @param value what is spoken inside the visitor's stream
         * @return this
         */
        public Builder proxyType(ProxyType value) {
            proxyType = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#access()}.
         *
         * @param value null for no check
         * @return this
         */
        public Builder access(@Nullable AccessPolicy value) {
            access = value;
            return this;
        }

        /**
         * Sets {@link OriginOptions#responseTimeout()}.
         *
         * @param value zero for none
         * @return this
         */
        public Builder responseTimeout(Duration value) {
            responseTimeout = value;
            return this;
        }

        /**
         * Checks and completes the options.
         *
         * @return the options
         * @throws IllegalArgumentException if a value is out of its range
         */
        public OriginOptions build() {
            return new OriginOptions(
                    connectTimeout,
                    tlsTimeout,
                    tcpKeepAlive,
                    noHappyEyeballs,
                    keepAliveConnections,
                    keepAliveTimeout,
                    httpHostHeader,
                    originServerName,
                    matchSniToHost,
                    caPool,
                    noTlsVerify,
                    disableChunkedEncoding,
                    http2Origin,
                    proxyType,
                    access,
                    responseTimeout);
        }
    }
}
