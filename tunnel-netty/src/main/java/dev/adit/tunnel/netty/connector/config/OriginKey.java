package dev.adit.tunnel.netty.connector.config;

/** The keys of {@code originRequest}. Source: cloudflared 2026.8.2, {@code config/configuration.go}. */
enum OriginKey {
    CONNECT_TIMEOUT("connectTimeout", Kind.DURATION),
    TLS_TIMEOUT("tlsTimeout", Kind.DURATION),
    TCP_KEEP_ALIVE("tcpKeepAlive", Kind.DURATION),
    NO_HAPPY_EYEBALLS("noHappyEyeballs", Kind.BOOL),
    KEEP_ALIVE_CONNECTIONS("keepAliveConnections", Kind.INT),
    KEEP_ALIVE_TIMEOUT("keepAliveTimeout", Kind.DURATION),
    HTTP_HOST_HEADER("httpHostHeader", Kind.STRING),
    ORIGIN_SERVER_NAME("originServerName", Kind.STRING),
    MATCH_SNI_TO_HOST("matchSNItoHost", Kind.BOOL),
    CA_POOL("caPool", Kind.STRING),
    NO_TLS_VERIFY("noTLSVerify", Kind.BOOL),
    DISABLE_CHUNKED_ENCODING("disableChunkedEncoding", Kind.BOOL),
    BASTION_MODE("bastionMode", Kind.BOOL),
    PROXY_ADDRESS("proxyAddress", Kind.STRING),
    PROXY_PORT("proxyPort", Kind.UINT),
    PROXY_TYPE("proxyType", Kind.STRING),
    IP_RULES("ipRules", Kind.IP_RULES),
    HTTP2_ORIGIN("http2Origin", Kind.BOOL),
    ACCESS("access", Kind.ACCESS);

    /** What a key's value is. */
    enum Kind {
        DURATION,
        BOOL,
        INT,
        UINT,
        STRING,
        IP_RULES,
        ACCESS
    }

    private final String key;
    private final Kind kind;

    OriginKey(String key, Kind kind) {
        this.key = key;
        this.kind = kind;
    }

    String key() {
        return key;
    }

    Kind kind() {
        return kind;
    }
}
