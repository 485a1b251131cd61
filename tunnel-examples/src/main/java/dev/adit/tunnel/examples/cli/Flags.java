package dev.adit.tunnel.examples.cli;

import static dev.adit.tunnel.examples.cli.Flag.Kind.DURATION;
import static dev.adit.tunnel.examples.cli.Flag.Kind.LIST;
import static dev.adit.tunnel.examples.cli.Flag.Kind.NUMBER;
import static dev.adit.tunnel.examples.cli.Flag.Kind.SWITCH;
import static dev.adit.tunnel.examples.cli.Flag.Kind.TEXT;
import static dev.adit.tunnel.examples.cli.Flag.refused;
import static dev.adit.tunnel.examples.cli.Flag.withoutEffect;
import static dev.adit.tunnel.examples.cli.Flag.works;

import java.util.List;
import java.util.stream.Stream;

/** The flags of {@code tunnel} and its subcommands. */
final class Flags {

    private static final String ONE_PROTOCOL = "the tunnel runs over HTTP/2, and this setting belongs to QUIC";
    private static final String NO_PRIVATE_NETWORK = "private networks (warp-routing) are not served by this program";
    private static final String NO_API = "this program does not call Cloudflare's API";
    private static final String NO_SUCH_THING_THERE = "it has no effect in cloudflared either";

    /** Where the tunnel and its rules come from. */
    private static final List<Flag> TUNNEL = List.of(
            works(
                    "config",
                    null,
                    TEXT,
                    "a configuration file in YAML, in place of ~/.cloudflared/config.yml and so on"),
            works("compatible", null, SWITCH, "match host names as cloudflared does, octet by octet (ours alone)"),
            works("token", "TUNNEL_TOKEN", TEXT, "the tunnel's token; goes before credentials"),
            works("token-file", "TUNNEL_TOKEN_FILE", TEXT, "a file with the tunnel's token"),
            new Flag(
                    List.of("credentials-file", "cred-file"),
                    List.of("TUNNEL_CRED_FILE"),
                    TEXT,
                    Flag.Use.WORKS,
                    "the tunnel's credentials, by default <UUID>.json where the configuration is looked for"),
            works("credentials-contents", "TUNNEL_CRED_CONTENTS", TEXT, "the content of a credentials file"),
            works("quick-service", "TUNNEL_QUICK_SERVICE", TEXT, "where to ask for a quick tunnel"),
            withoutEffect("origincert", "TUNNEL_ORIGIN_CERT", TEXT, NO_API + "; credentials are enough"),
            refused("name", "TUNNEL_NAME", TEXT, NO_API + ". Create the tunnel with cloudflared, and give its token"),
            refused("hostname", "TUNNEL_HOSTNAME", TEXT, NO_API + ". Route the host name with cloudflared"),
            refused("lb-pool", "TUNNEL_LB_POOL", TEXT, NO_API),
            refused("overwrite-dns", "TUNNEL_FORCE_PROVISIONING_DNS", SWITCH, NO_API));

    /** How the edge is reached. */
    private static final List<Flag> EDGE = List.of(
            works("edge", "TUNNEL_EDGE", LIST, "addresses host:port of the edge"),
            works(
                    "cacert",
                    "TUNNEL_CACERT",
                    TEXT,
                    "a PEM file of the authorities to trust for the edge, and no others"),
            works("protocol", "TUNNEL_TRANSPORT_PROTOCOL", TEXT, "http2 or auto; quic is refused"),
            works("ha-connections", null, NUMBER, "how many connections to keep, 4 by default"),
            works("rpc-timeout", null, DURATION, "limit for the answer to a registration, 5s by default"),
            works(
                    "dial-edge-timeout",
                    "DIAL_EDGE_TIMEOUT",
                    DURATION,
                    "limit for connecting to the edge, 15s by default"),
            works(
                    "edge-ip-version",
                    "TUNNEL_EDGE_IP_VERSION",
                    TEXT,
                    "which addresses of the edge to dial: 4, 6 or auto"),
            works(
                    "grace-period",
                    "TUNNEL_GRACE_PERIOD",
                    DURATION,
                    "how long running requests may take at the end, 30s"),
            withoutEffect(
                    "retries",
                    "TUNNEL_RETRIES",
                    NUMBER,
                    "lost connections are replaced for ever, with waits of up to 60 s"),
            withoutEffect("max-edge-addr-retries", null, NUMBER, "addresses are changed at each attempt"),
            withoutEffect(
                    "write-stream-timeout",
                    "TUNNEL_STREAM_WRITE_TIMEOUT",
                    DURATION,
                    "a visitor who does not read holds up nobody else"),
            withoutEffect("compression-quality", "TUNNEL_COMPRESSION_LEVEL", NUMBER, NO_SUCH_THING_THERE),
            withoutEffect("label", null, TEXT, "the edge is not told a label"),
            works(
                    "region",
                    "TUNNEL_REGION",
                    TEXT,
                    "the region of the edge to look up, such as us; the whole network by default"),
            refused("edge-bind-address", "TUNNEL_EDGE_BIND_ADDRESS", TEXT, "the system chooses the local address"),
            refused("tag", "TUNNEL_TAG", LIST, "no headers are added to requests"),
            refused("features", null, LIST, "what is asked of the edge is fixed"),
            refused("post-quantum", "TUNNEL_POST_QUANTUM", SWITCH, "the key exchange is what this JVM offers"),
            refused("quic-disable-pmtu-discovery", "TUNNEL_DISABLE_QUIC_PMTU", SWITCH, ONE_PROTOCOL),
            refused("max-active-flows", "TUNNEL_MAX_ACTIVE_FLOWS", NUMBER, NO_PRIVATE_NETWORK),
            refused("icmpv4-src", "TUNNEL_ICMPV4_SRC", TEXT, NO_PRIVATE_NETWORK),
            refused("icmpv6-src", "TUNNEL_ICMPV6_SRC", TEXT, NO_PRIVATE_NETWORK),
            refused("dns-resolver-addrs", "TUNNEL_DNS_RESOLVER_ADDRS", LIST, NO_PRIVATE_NETWORK));

    /** What the process tells of itself. */
    private static final List<Flag> PROCESS = List.of(
            works(
                    "metrics",
                    "TUNNEL_METRICS",
                    TEXT,
                    "where /ready, /metrics and so on are served, localhost:20241..20245 by default"),
            works("pidfile", "TUNNEL_PIDFILE", TEXT, "a file to write the process id to after the first connection"),
            works("loglevel", "TUNNEL_LOGLEVEL", TEXT, "debug, info, warn, error or fatal"),
            new Flag(
                    List.of("transport-loglevel", "proto-loglevel"),
                    List.of("TUNNEL_PROTO_LOGLEVEL", "TUNNEL_TRANSPORT_LOGLEVEL"),
                    TEXT,
                    Flag.Use.WORKS,
                    "the same for what lies below HTTP"),
            works("logfile", "TUNNEL_LOGFILE", TEXT, "a file for the log, in place of standard error"),
            works("no-autoupdate", "NO_AUTOUPDATE", SWITCH, "always so: this program does not replace itself"),
            works("output", "TUNNEL_LOG_OUTPUT", TEXT, "default; json is refused"),
            withoutEffect("autoupdate-freq", null, DURATION, "this program does not replace itself"),
            withoutEffect("no-prechecks", "TUNNEL_NO_PRECHECKS", SWITCH, "there are none"),
            withoutEffect(
                    "metrics-update-freq", "TUNNEL_METRICS_UPDATE_FREQ", DURATION, "figures are always up to date"),
            withoutEffect(
                    "management-diagnostics",
                    "TUNNEL_MANAGEMENT_DIAGNOSTICS",
                    SWITCH,
                    "there is no management service"),
            refused("log-directory", "TUNNEL_LOGDIRECTORY", TEXT, "logs are not rotated here. Give --logfile"),
            refused(
                    "trace-output",
                    "TUNNEL_TRACE_OUTPUT",
                    TEXT,
                    "use the JVM's flight recorder: java -XX:StartFlightRecording"));

    /** The only origin, where no rules are given. */
    private static final List<Flag> ORIGIN = List.of(
            works("url", "TUNNEL_URL", TEXT, "the local service"),
            works("hello-world", "TUNNEL_HELLO_WORLD", SWITCH, "serve a test page"),
            works("unix-socket", "TUNNEL_UNIX_SOCKET", TEXT, "the local service's socket, in place of --url"),
            works("socks5", "TUNNEL_SOCKS", SWITCH, "speak SOCKS5 to visitors of a TCP service"),
            works("proxy-connect-timeout", null, DURATION, "limit for connecting to the service, 30s by default"),
            works("proxy-tls-timeout", null, DURATION, "limit for TLS with it, 10s by default"),
            works("proxy-tcp-keepalive", null, DURATION, "idle time before TCP probes it, 30s by default"),
            works("proxy-no-happy-eyeballs", null, SWITCH, "try its addresses strictly one after the other"),
            works("proxy-keepalive-connections", null, NUMBER, "idle connections to keep to it, 100 by default"),
            works("proxy-keepalive-timeout", null, DURATION, "how long to keep them, 1m30s by default"),
            works("http-host-header", "TUNNEL_HTTP_HOST_HEADER", TEXT, "the Host that it is sent"),
            works("origin-server-name", "TUNNEL_ORIGIN_SERVER_NAME", TEXT, "the name its certificate must have"),
            works("match-sni-to-host", null, SWITCH, "that name is the Host"),
            works("origin-ca-pool", "TUNNEL_ORIGIN_CA_POOL", TEXT, "a PEM file of authorities to trust besides"),
            works("no-tls-verify", "NO_TLS_VERIFY", SWITCH, "accept any certificate"),
            works("no-chunked-encoding", "TUNNEL_NO_CHUNKED_ENCODING", SWITCH, "send bodies with their length"),
            works("http2-origin", "TUNNEL_ORIGIN_ENABLE_HTTP2", SWITCH, "speak HTTP/2 to an https service"),
            refused(
                    "bastion",
                    "TUNNEL_BASTION",
                    SWITCH,
                    "without a list every address could be reached. Use a configuration file with service: bastion and ipRules"),
            withoutEffect("proxy-address", "TUNNEL_PROXY_ADDRESS", TEXT, NO_SUCH_THING_THERE),
            withoutEffect("proxy-port", "TUNNEL_PROXY_PORT", NUMBER, NO_SUCH_THING_THERE),
            withoutEffect("proxy-connection-timeout", null, DURATION, NO_SUCH_THING_THERE),
            withoutEffect("proxy-expect-continue-timeout", null, DURATION, NO_SUCH_THING_THERE),
            refused("proxy-dns", null, SWITCH, "a DNS proxy is not part of this program"));

    private Flags() {}

    static List<Flag> all() {
        return Stream.of(TUNNEL, EDGE, PROCESS, ORIGIN).flatMap(List::stream).toList();
    }
}
