package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.OriginOptions.ProxyType;
import dev.adit.tunnel.netty.connector.config.OriginSettings.Access;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * From {@code originRequest} to our options. Where Go gives zero or less a meaning of its own, the same is expressed in
 * our terms; what cannot be expressed is refused by {@link OriginOptions}.
 */
final class OptionMapping {

    /** Stands for "no limit": longer than any operating system tries. */
    static final Duration NO_CONNECT_LIMIT = Duration.ofMinutes(5);

    /** Stands for "no limit" of an idle connection. */
    static final Duration NO_IDLE_LIMIT = Duration.ofDays(1);

    private static final Duration GO_KEEP_ALIVE = Duration.ofSeconds(15);

    /** How many idle connections Go keeps for a host where no number is given. */
    private static final int GO_IDLE_PER_HOST = 2;

    private OptionMapping() {}

    /**
     * Makes options.
     *
     * @param settings a rule's, with the global block beneath
     * @param access the block to enforce, null for none
     * @throws IllegalArgumentException if a value is out of its range; names the key
     */
    static OriginOptions options(OriginSettings settings, @Nullable Access access) {
        OriginOptions.Builder options = OriginOptions.builder()
                .noHappyEyeballs(settings.flag(OriginKey.NO_HAPPY_EYEBALLS))
                .httpHostHeader(textOrNull(settings, OriginKey.HTTP_HOST_HEADER))
                .originServerName(textOrNull(settings, OriginKey.ORIGIN_SERVER_NAME))
                .matchSniToHost(settings.flag(OriginKey.MATCH_SNI_TO_HOST))
                .noTlsVerify(settings.flag(OriginKey.NO_TLS_VERIFY))
                .disableChunkedEncoding(settings.flag(OriginKey.DISABLE_CHUNKED_ENCODING))
                .http2Origin(settings.flag(OriginKey.HTTP2_ORIGIN))
                .proxyType(settings.text(OriginKey.PROXY_TYPE).equals("socks") ? ProxyType.SOCKS : ProxyType.NONE)
                .access(access == null ? null : policy(access));
        limits(settings, options);
        String caPool = settings.text(OriginKey.CA_POOL);
        if (!caPool.isEmpty()) {
            options.caPool(Path.of(caPool));
        }
        return options.build();
    }

    private static void limits(OriginSettings settings, OriginOptions.Builder options) {
        Duration connect = settings.duration(OriginKey.CONNECT_TIMEOUT);
        if (connect != null) {
            options.connectTimeout(connectTimeout(connect));
        }
        Duration tls = settings.duration(OriginKey.TLS_TIMEOUT);
        if (tls != null) {
            options.tlsTimeout(tls);
        }
        Duration keepAlive = settings.duration(OriginKey.TCP_KEEP_ALIVE);
        if (keepAlive != null) {
            options.tcpKeepAlive(keepAlive(keepAlive));
        }
        Duration idle = settings.duration(OriginKey.KEEP_ALIVE_TIMEOUT);
        if (idle != null) {
            options.keepAliveTimeout(idle.isNegative() || idle.isZero() ? NO_IDLE_LIMIT : idle);
        }
        Long connections = settings.number(OriginKey.KEEP_ALIVE_CONNECTIONS);
        if (connections != null) {
            options.keepAliveConnections(
                    connections == 0 ? GO_IDLE_PER_HOST : (int) Math.max(0, Math.min(connections, Integer.MAX_VALUE)));
        }
    }

    /** Zero is no limit in Go. */
    static Duration connectTimeout(Duration value) {
        return value.isZero() ? NO_CONNECT_LIMIT : value;
    }

    /** Zero is Go's own period, less switches probes off. */
    static Duration keepAlive(Duration value) {
        return value.isZero() ? GO_KEEP_ALIVE : value.isNegative() ? Duration.ZERO : value;
    }

    static AccessPolicy policy(Access access) {
        return new AccessPolicy(access.required(), access.teamName(), access.audTag(), access.environment());
    }

    private static @Nullable String textOrNull(OriginSettings settings, OriginKey key) {
        String text = settings.text(key);
        return text.isEmpty() ? null : text;
    }
}
