package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every key of {@code originRequest} reaches the option that has its effect, or is named as one without. */
class OriginRequestKeysTest {

    @TempDir
    Path directory;

    private Ingress load(String yaml) throws Exception {
        return Ingress.load(Files.writeString(directory.resolve("config.yml"), yaml));
    }

    @Test
    void everyKeyReachesItsOption() throws Exception {
        Ingress ingress = load("""
                originRequest:
                  connectTimeout: 1m1s
                  keepAliveConnections: 7
                ingress:
                  - hostname: app.test
                    service: https://localhost:1
                    originRequest:
                      connectTimeout: 11s
                      tlsTimeout: 12s
                      tcpKeepAlive: 13s
                      noHappyEyeballs: true
                      keepAliveTimeout: 14s
                      httpHostHeader: inner.test
                      originServerName: tls.test
                      matchSNItoHost: true
                      caPool: /etc/ca.pem
                      noTLSVerify: true
                      disableChunkedEncoding: true
                      http2Origin: true
                      proxyType: socks
                      access:
                        required: true
                        teamName: team
                        audTag: [abc]
                  - service: http_status:404
                """);
        assertThat(ingress.rules().get(0).options())
                .isEqualTo(OriginOptions.builder()
                        .connectTimeout(Duration.ofSeconds(11))
                        .tlsTimeout(Duration.ofSeconds(12))
                        .tcpKeepAlive(Duration.ofSeconds(13))
                        .noHappyEyeballs(true)
                        .keepAliveConnections(7)
                        .keepAliveTimeout(Duration.ofSeconds(14))
                        .httpHostHeader("inner.test")
                        .originServerName("tls.test")
                        .matchSniToHost(true)
                        .caPool(Path.of("/etc/ca.pem"))
                        .noTlsVerify(true)
                        .disableChunkedEncoding(true)
                        .http2Origin(true)
                        .proxyType(OriginOptions.ProxyType.SOCKS)
                        .access(AccessPolicy.required("team", "abc"))
                        .build());
    }

    @Test
    void bastionModeTakesTheRulesDestinations() throws Exception {
        Ingress ingress = load("""
                ingress:
                  - service: http://localhost:1
                    originRequest:
                      bastionMode: true
                      ipRules:
                        - prefix: 10.0.0.0/8
                          ports: [22]
                          allow: true
                """);
        assertThat(ingress.rules().get(0).origin())
                .isInstanceOfSatisfying(
                        Origin.Bastion.class,
                        bastion -> assertThat(bastion.rules())
                                .extracting(IpRule::prefix)
                                .containsExactly("10.0.0.0/8"));
    }

    @Test
    void whatHasNoEffectIsNamed() throws Exception {
        Ingress ingress = load("""
                ingress:
                  - service: http://localhost:1
                    originRequest:
                      proxyAddress: 10.0.0.1
                      proxyPort: 1080
                      proxyType: http
                """);
        assertThat(ingress.lint())
                .filteredOn(warning -> warning.code() == IngressWarning.Code.NO_EFFECT)
                .extracting(IngressWarning::message)
                .anyMatch(message -> message.contains("proxyAddress"))
                .anyMatch(message -> message.contains("proxyPort"))
                .anyMatch(message -> message.contains("proxyType"));
    }
}
