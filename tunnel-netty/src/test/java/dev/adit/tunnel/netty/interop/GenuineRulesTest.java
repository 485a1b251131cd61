package dev.adit.tunnel.netty.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The stock cloudflared and we read the same files: what each says of them is compared. Skipped without the program: name
 * it in CLOUDFLARED_BIN.
 */
@Timeout(120)
class GenuineRulesTest {

    private static final long PATIENCE_SECONDS = 60;

    private static final String LAST = "  - service: http_status:404\n";

    @TempDir
    private Path folder;

    private Path binary;

    @BeforeEach
    void find() {
        assumeTrue(CloudflaredProcess.binary().isPresent(), "cloudflared is not here; name it in CLOUDFLARED_BIN");
        binary = CloudflaredProcess.binary().orElseThrow();
    }

    static Stream<String> services() {
        return Stream.of(
                        "http://localhost",
                        "HTTPS://User:p%40ss@Example.com:443",
                        "http://a b:1",
                        "http://[::1]:80",
                        "http://[::1",
                        "http://[1.2.3.4]:80",
                        "http://a[b]",
                        "http://a:b:1",
                        "tcp://a:1:2",
                        "http://%zz",
                        "http://a%20b",
                        "http://b\u00fccher.example:1",
                        "http://a_b:1?x=1#frag",
                        "http://h?",
                        "http://h#%zz",
                        "1http://h",
                        ":80",
                        "://h",
                        "http:/h",
                        "http:h",
                        "//h",
                        "*",
                        "git+ssh://h",
                        "ssh://[fe80::1%25eth0]",
                        "http://h:",
                        "http_status:+404",
                        "http_status:-1",
                        "http_status: 404",
                        "http_status:99999999999",
                        "unix:",
                        "unix+tls:",
                        "bastion:",
                        "hello-world",
                        "Bastion",
                        "http://user@h",
                        "http://us er@h",
                        "http://h\\\\x",
                        "http://h/%zz")
                .map(service -> "ingress:\n  - service: \"" + service + "\"\n");
    }

    static Stream<String> hosts() {
        return Stream.of(
                        "a:b",
                        "[::1]",
                        "[::1]:80",
                        "::1",
                        "a]:1",
                        "**",
                        "*",
                        "*.",
                        "a*",
                        "\u00e4.test",
                        "a..b",
                        "-a.test",
                        "a_b",
                        " ")
                .map(host -> "ingress:\n  - hostname: \"" + host + "\"\n    service: http_status:200\n" + LAST);
    }

    static Stream<String> paths() {
        return Stream.of(
                        "(",
                        ")",
                        "[",
                        "a{2,1}",
                        "a{1001}",
                        "a**",
                        "(?P<n",
                        "a)",
                        "\\\\Z",
                        "\\\\z",
                        "(?i)x",
                        "\\\\pN",
                        "\\\\p{Foo}",
                        "[b-a]",
                        "[[:foo:]]",
                        "(?<n>a)",
                        "x\\\\",
                        "a++",
                        "(?>a)",
                        "\\\\8",
                        "(?z)")
                .map(path -> "ingress:\n  - path: \"" + path + "\"\n    service: http_status:200\n" + LAST);
    }

    static Stream<String> options() {
        return Stream.of(
                        "connectTimeout: 1.5h",
                        "connectTimeout: 1m30",
                        "connectTimeout: 1d",
                        "connectTimeout: 0",
                        "connectTimeout: \"0\"",
                        "connectTimeout: .5s",
                        "connectTimeout: 2001-01-01",
                        "connectTimeout:",
                        "connectTimeout: [1s]",
                        "connectTimeout: true",
                        "keepAliveConnections: 1e2",
                        "keepAliveConnections: 0x10",
                        "keepAliveConnections: \"7\"",
                        "keepAliveConnections: 99999999999999999999",
                        "proxyPort: -1",
                        "proxyPort: 8_0",
                        "noTLSVerify: On",
                        "noTLSVerify: \"yes\"",
                        "noTLSVerify: 1",
                        "noTLSVerify: {}",
                        "httpHostHeader: 1.50",
                        "httpHostHeader: [a]",
                        "httpHostHeader: !!str 5",
                        "access: true",
                        "access: {required: y, audTag: x}",
                        "access: {required: true, teamName: t, audTag: [1, a], nope: 1}",
                        "ipRules: {}",
                        "ipRules: [{prefix: 10.0.0.0/8, ports: [a], allow: true}]",
                        "ipRules: [{prefix: 10.0.0.0/8, allow: true, deny: x}]")
                .map(option -> "ingress:\n  - service: http://localhost:1\n    originRequest:\n      " + option + "\n");
    }

    static Stream<String> documents() {
        return Stream.of(
                "# nothing\n",
                "---\n",
                "ingress: [\n",
                "ingress: {\n",
                "a: b: c\n",
                "ingress:\n\t- service: http_status:404\n",
                "ingress:\n  - service: *nope\n",
                "ingress:\n  - service: \"x\n",
                "- a\n- b\n",
                "just text\n",
                "a: 1\na: 2\nb: 1\nb: 2\n" + "ingress:\n" + LAST,
                "ingress:\n  - service: http_status:404\n    service: http_status:405\n",
                "ingress:\n" + LAST + "---\ningress: 5\n",
                "x: &x {connectTimeout: 5s, nope: 1}\noriginRequest:\n  <<: *x\ningress:\n" + LAST,
                "x: &x http_status:404\ningress:\n  - service: *x\n",
                "ingress:\n  -\n" + LAST,
                "ingress:\n  - 5\n",
                "ingress: 5\n",
                "tunnel: 5\ningress:\n" + LAST,
                "tunnel: [a]\ningress:\n" + LAST,
                "warp-routing: true\ningress:\n" + LAST,
                "warp-routing: {connectTimeout: 3s, maxActiveFlows: -1}\ningress:\n" + LAST,
                "originRequest: {x: 1, y: 2}\ningress:\n  - service: http_status:404\n    z: 1\n",
                "Ingress:\n" + LAST);
    }

    @ParameterizedTest
    @MethodSource({"services", "hosts", "paths", "options", "documents"})
    void isValidatedAlike(String config) throws Exception {
        Files.writeString(folder.resolve("config.yml"), config);
        String theirs = run("--config", "config.yml", "ingress", "validate");
        assertThat(validate()).isEqualTo(theirs.replace("Validating rules from config.yml\n", ""));
    }

    private String validate() {
        try {
            TunnelConfig config = TunnelConfig.load(folder.resolve("config.yml"));
            config.validate(RuleMode.COMPATIBLE, null);
            return config.unusedKeys()
                    .map(keys -> "Warning: unused keys detected in your config file. Here is a list of unused keys:\n"
                            + keys)
                    .orElse("OK");
        } catch (IngressException e) {
            return "Validation failed: " + e.getMessage();
        } catch (TunnelException e) {
            return e.getMessage().replace(folder + "/", "");
        }
    }

    static Stream<String> urls() {
        return Stream.of(
                "https://b\u00fccher.example/",
                "https://xn--bcher-kva.example/",
                "https://B\u00dcCHER.example/",
                "https://Mixed.Example/",
                "https://mixed.example/",
                "https://MIXED.example/",
                "https://a.b.wild.example/x",
                "https://.wild.example/x",
                "https://wild.example/",
                "https://any/a%2Fb",
                "https://any/a/b",
                "https://any/%e2%82%ac",
                "https://any/a%0Ab",
                "https://any/%zz",
                "https://any?q=/a/b",
                "any",
                "any:80",
                "//any/a/b",
                "mailto:x",
                "https://[::1]/",
                "https://any:99999/a/b",
                "http://any:x/");
    }

    @ParameterizedTest
    @MethodSource("urls")
    void isMatchedAlike(String url) throws Exception {
        Files.writeString(
                folder.resolve("config.yml"),
                "ingress:\n  - hostname: b\u00fccher.example\n    service: http://one\n"
                        + "  - hostname: Mixed.Example\n    service: https://two\n"
                        + "  - hostname: \"*.wild.example\"\n    service: ws://three:3\n"
                        + "  - hostname: \"::1\"\n    service: tcp://four\n"
                        + "  - path: ^/a/b$\n    service: unix:/five\n"
                        + "  - hostname: \"*\"\n    path: \u20ac\n    service: foo://six\n" + LAST);
        String theirs = run("--config", "config.yml", "ingress", "rule", url);
        assertThat(match(url)).isEqualTo(theirs.replace("Using rules from config.yml\n", ""));
    }

    private String match(String url) {
        try {
            Ingress.Match match = TunnelConfig.load(folder.resolve("config.yml"))
                    .ingress(RuleMode.COMPATIBLE)
                    .match(url);
            return "Matched rule #" + match.index() + "\n" + match.describe();
        } catch (TunnelException e) {
            return e.getMessage();
        }
    }

    /** Both ends report the rules of one file in the same words. */
    @Test
    void theEdgeIsToldTheSame() throws Exception {
        Path config = Files.writeString(folder.resolve("config.yml"), """
                originRequest:
                  connectTimeout: 1500ms
                  noTLSVerify: true
                  http2Origin: true
                ingress:
                  - hostname: A.example
                    path: ^/x
                    service: HTTPS://localhost:1?q
                    originRequest:
                      connectTimeout: 7s
                      tlsTimeout: 1s
                      tcpKeepAlive: 2s
                      noHappyEyeballs: yes
                      keepAliveConnections: 5
                      keepAliveTimeout: 3s
                      httpHostHeader: h
                      originServerName: n
                      matchSNItoHost: true
                      noTLSVerify: false
                      disableChunkedEncoding: true
                      proxyType: socks
                      http2Origin: false
                      access: {required: true, teamName: t, audTag: [a, b], environment: fed}
                  - hostname: b.example
                    service: socks-proxy
                    originRequest:
                      ipRules:
                        - {prefix: 10.0.0.0/8, ports: [80, 443], allow: true}
                        - {prefix: "::/0", allow: false}
                  - hostname: c.example
                    service: ssh://h
                  - service: hello-world
                """);
        String theirs = reported(edge -> {
            Path authority = Files.writeString(
                    folder.resolve("authority.pem"),
                    pem(edge.trust().authorities().get(0)));
            Process process = start(
                    "--no-autoupdate",
                    "--config",
                    "config.yml",
                    "--edge",
                    "127.0.0.1:" + edge.address().getPort(),
                    "--cacert",
                    authority.toString(),
                    "--protocol",
                    "http2",
                    "--metrics",
                    "127.0.0.1:0",
                    "run",
                    "--token",
                    credentials().toToken().reveal());
            return () -> process.destroyForcibly().waitFor();
        });
        String ours = reported(edge -> {
            Tunnel tunnel = TunnelClient.builder()
                    .credentials(credentials())
                    .edgeAddresses(edge.address())
                    .edgeTrust(edge.trust())
                    .connections(1)
                    .ingress(TunnelConfig.load(config).ingress())
                    .build()
                    .start();
            return () -> tunnel.close(Duration.ZERO);
        });
        assertThat(ours).isEqualTo(theirs.replaceFirst("\"__configuration_flags\":\\{[^}]*},", ""));
    }

    @FunctionalInterface
    private interface Connector {
        AutoCloseable at(ScriptedEdge edge) throws Exception;
    }

    private static String reported(Connector connector) throws Exception {
        CompletableFuture<String> report = new CompletableFuture<>();
        RegistrationService accepting = ScriptedEdge.accepting();
        RegistrationService service = new RegistrationService() {
            @Override
            public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
                return CompletableFuture.completedFuture(new ConnectionDetails(UUID.randomUUID(), "tst01", false));
            }

            @Override
            public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
                report.complete(new String(configuration, StandardCharsets.UTF_8));
                return accepting.updateLocalConfiguration(configuration);
            }

            @Override
            public CompletionStage<Void> unregisterConnection() {
                return accepting.unregisterConnection();
            }
        };
        try (ScriptedEdge edge = new ScriptedEdge(service);
                AutoCloseable running = connector.at(edge)) {
            return report.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static TunnelCredentials credentials() {
        return TunnelCredentials.of("account", UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"), new byte[32]);
    }

    private static String pem(X509Certificate certificate) throws Exception {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    /** What it prints, without log lines; stderr behind stdout. */
    private String run(String... arguments) throws Exception {
        Process process = start(arguments);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("cloudflared did not end");
        }
        return Stream.concat(
                        Files.readAllLines(folder.resolve("out")).stream(),
                        Files.readAllLines(folder.resolve("err")).stream())
                .filter(line -> !line.matches("20[0-9-]+T[0-9:]+Z [A-Z]{3} .*"))
                .reduce((first, second) -> first + "\n" + second)
                .orElse("");
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(binary.toString(), "tunnel"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("HOME", folder.toString());
        return builder.start();
    }
}
