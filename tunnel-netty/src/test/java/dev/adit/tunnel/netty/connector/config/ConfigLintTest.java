package dev.adit.tunnel.netty.connector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.ConfigException;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IngressWarning;
import dev.adit.tunnel.IngressWarning.Code;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.WarpRouting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a configuration becomes, and what is said of it that is no error. */
class ConfigLintTest {

    private static final String LAST = "  - service: http_status:404\n";

    @TempDir
    Path folder;

    private TunnelConfig config(String text) {
        try {
            return TunnelConfig.load(Files.writeString(folder.resolve("config.yml"), text));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Ingress rule(String rule) {
        return config("ingress:\n  - " + rule + "\n" + LAST).ingress();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{hostname: A.test, service: http://h}|HOST_CASE|0",
                "{hostname: '*.b\u00fccher.test', service: http://h}|WILDCARD_IDN|0",
                "{hostname: stra\u00dfe.test, service: http://h}|HOST_AMBIGUOUS|0",
                "{hostname: a_b c, service: http://h}|NEVER_MATCHES|0",
                "{hostname: '*example.com', service: http://h}|NEVER_MATCHES|0",
                "{hostname: a.test, service: http://h:99999}|NEVER_REACHED|0",
                "{hostname: a.test, service: ftp://h}|NEVER_REACHED|0",
                "{hostname: a.test, service: https://h, originRequest: {noTLSVerify: true}}|NO_TLS_VERIFY|0",
                "{hostname: a.test, service: http://h, originRequest: {proxyAddress: x}}|NO_EFFECT|0",
                "{hostname: a.test, service: http://h, originRequest: {proxyPort: 1}}|NO_EFFECT|0",
                "{hostname: a.test, service: http://h, originRequest: {proxyType: http}}|NO_EFFECT|0",
                "{hostname: a.test, service: http://h, originRequest: {ipRules: [{prefix: 10.0.0.0/8}]}}|IP_RULES|0",
                "{hostname: a.test, service: socks-proxy}|IP_RULES|0",
                "{hostname: a.test, service: bastion}|IP_RULES|0",
                "{hostname: a.test, service: http://h, originRequest: {connectTimeout: 0s}}|CHANGED_SETTING|0",
                "{hostname: a.test, service: http://h, originRequest: {keepAliveTimeout: 0s}}|CHANGED_SETTING|0",
                "{hostname: a.test, service: http://h, originRequest: {access: {required: true}}}|ACCESS_INCOMPLETE|0",
                "{hostname: a.test, service: http://h, nope: 1}|UNUSED_KEY|-1"
            })
    void eachSurpriseIsTold(String rule, Code code, int index) {
        assertThat(rule(rule).lint()).singleElement().satisfies(warning -> {
            assertThat(warning.code()).isEqualTo(code);
            assertThat(warning.ruleIndex()).isEqualTo(index);
            assertThat(warning.line()).isEqualTo(2);
            assertThat(warning.message()).isNotEmpty();
        });
    }

    @Test
    void aFileWithoutSurprisesHasNoWarnings() {
        assertThat(rule("{hostname: a.test, path: ^/x, service: https://h}").lint())
                .isEmpty();
    }

    @Test
    void rulesThatAnEarlierOneHidesAreTold() {
        Ingress ingress = Ingress.of(
                IngressRule.host("*.a.test").to(Origin.status(200)),
                IngressRule.host("X.A.test").path("^/y").to(Origin.status(201)),
                IngressRule.host("b.test").path("^/y").to(Origin.status(202)),
                IngressRule.host("b.test").path("^/z").to(Origin.status(203)),
                IngressRule.host("b.test").path("^/y").to(Origin.status(204)),
                IngressRule.host("*.test").to(Origin.status(205)),
                IngressRule.otherwise(Origin.status(404)));
        assertThat(ingress.lint()).extracting(IngressWarning::code).containsOnly(Code.NEVER_MATCHES);
        assertThat(ingress.lint()).extracting(IngressWarning::ruleIndex).containsExactly(1, 4);
    }

    @Test
    void ourRulesKnowNoCaseAndTheALabelsOfWildcards() {
        TunnelConfig config = config("""
                ingress:
                  - {hostname: Up.Test, service: http://a}
                  - {hostname: '*.b\u00fccher.test', service: http://b}
                  - {hostname: '::1', service: http://c}
                  - service: http_status:404
                """);
        Ingress ours = config.ingress();
        Ingress theirs = config.ingress(RuleMode.COMPATIBLE);
        assertThat(ours.match("https://UP.test./").index()).isZero();
        assertThat(theirs.match("https://UP.test./").index()).isEqualTo(3);
        assertThat(ours.match("https://x.xn--bcher-kva.test/").index()).isEqualTo(1);
        assertThat(theirs.match("https://x.xn--bcher-kva.test/").index()).isEqualTo(3);
        assertThat(ours.match("https://[::1]/").index()).isEqualTo(2);
        assertThat(theirs.match("https://[::1]/").index()).isEqualTo(2);
        assertThat(ours.match("[::1]:8080", "/")).isEqualTo(ours.rules().get(2));
    }

    @Test
    void aGlobalAccessBlockIsEnforcedByOurRulesAlone() {
        TunnelConfig config = config("""
                originRequest:
                  access: {required: true, teamName: t, audTag: [a]}
                ingress:
                  - {hostname: a.test, service: http://a, originRequest: {access: {required: false}}}
                  - service: http://b
                """);
        Ingress ours = config.ingress();
        assertThat(ours.rules().get(0).options().access().required()).isFalse();
        assertThat(ours.rules().get(1).options().access()).isEqualTo(AccessPolicy.required("t", "a"));
        assertThat(config.ingress(RuleMode.COMPATIBLE).rules().get(1).options().access())
                .isNull();
        for (RuleMode mode : RuleMode.values()) {
            assertThat(config.ingress(mode).lint())
                    .extracting(IngressWarning::code)
                    .containsExactly(Code.GLOBAL_ACCESS);
        }
    }

    @Test
    void everySettingArrives() {
        Ingress ingress = config("""
                        originRequest: {connectTimeout: 1m30s, tlsTimeout: 0s, noTLSVerify: yes}
                        ingress:
                          - hostname: a.test
                            service: wss://h
                            originRequest:
                              tcpKeepAlive: 0s
                              noHappyEyeballs: on
                              keepAliveConnections: 0
                              keepAliveTimeout: 1500ms
                              httpHostHeader: x
                              originServerName: n
                              matchSNItoHost: true
                              caPool: /f.pem
                              noTLSVerify: no
                              disableChunkedEncoding: true
                              http2Origin: true
                              proxyType: socks
                          - hostname: b.test
                            service: socks-proxy
                            originRequest: {ipRules: [{prefix: 10.0.0.0/8, ports: [443, 80], allow: true}]}
                          - service: http_status:404
                        """).ingress();
        assertThat(ingress.services()).containsExactly("wss://h", "socks-proxy", "http_status:404");
        assertThat(ingress.rules().get(0).origin()).isEqualTo(Origin.https("h", 443));
        assertThat(ingress.rules().get(0).options())
                .isEqualTo(OriginOptions.builder()
                        .connectTimeout(Duration.ofSeconds(90))
                        .tlsTimeout(Duration.ZERO)
                        .tcpKeepAlive(Duration.ofSeconds(15))
                        .noHappyEyeballs(true)
                        .keepAliveConnections(2)
                        .keepAliveTimeout(Duration.ofMillis(1500))
                        .httpHostHeader("x")
                        .originServerName("n")
                        .matchSniToHost(true)
                        .caPool(Path.of("/f.pem"))
                        .disableChunkedEncoding(true)
                        .http2Origin(true)
                        .proxyType(OriginOptions.ProxyType.SOCKS)
                        .build());
        assertThat(ingress.rules().get(1).origin())
                .isEqualTo(Origin.socks(new IpRule("10.0.0.0/8", List.of(80, 443), true)));
    }

    @Test
    void whatCannotWorkIsRefusedWithItsRule() {
        assertThatThrownBy(() -> rule("{hostname: a.test, service: http://h, originRequest: {connectTimeout: -1s}}"))
                .isInstanceOfSatisfying(IngressException.class, e -> {
                    assertThat(e.code()).isEqualTo(IngressException.Code.OPTION_INVALID);
                    assertThat(e.ruleIndex()).isZero();
                });
        assertThatThrownBy(() -> rule("{hostname: a.test, service: bastion, originRequest: {ipRules: [{prefix: x}]}}"))
                .hasMessage("unable to create ip rule for bastion: unable to parse cidr: x");
    }

    @Test
    void passwordsAreNotRepeated() {
        assertThat(rule("{hostname: a.test, service: 'http://u:geheim@h'}").services())
                .first()
                .isEqualTo("http://u:xxxxx@h");
        for (String service : List.of("http://u:geheim@h/x", "http://u:geheim@h:x", "http://u:geheim@")) {
            assertThatThrownBy(() -> rule("{hostname: a.test, service: '" + service + "'}"))
                    .hasMessageNotContaining("geheim");
        }
    }

    @Test
    void topLevelKeysAreReadWithTheirType() {
        TunnelConfig config = config("""
                tunnel: 12
                credentials-file: /c.json
                url: http://h
                retries: 7
                no-autoupdate: true
                grace-period: 1m
                tag: [a=b, c=d]
                empty:
                nested: {a: [1, x]}
                warp-routing: {connectTimeout: 2s, maxActiveFlows: 9}
                """);
        assertThat(config.tunnel()).contains("12");
        assertThat(config.credentialsFile()).contains(Path.of("/c.json"));
        assertThat(config.url()).contains("http://h");
        assertThat(config.integer("retries")).contains(7L);
        assertThat(config.bool("no-autoupdate")).contains(true);
        assertThat(config.duration("grace-period")).contains(Duration.ofMinutes(1));
        assertThat(config.strings("tag")).contains(List.of("a=b", "c=d"));
        assertThat(config.string("empty")).isEmpty();
        assertThat(config.settings()).containsEntry("nested", Map.of("a", List.of(1L, "x")));
        assertThat(config.warpRouting()).isEqualTo(new WarpRouting(Duration.ofSeconds(2), 9, Duration.ofSeconds(30)));
        assertThat(config.hasRules()).isFalse();
        assertThatThrownBy(() -> config.integer("url")).hasMessage("expected int found string for url");
        assertThatThrownBy(() -> config.duration("url"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("time: invalid duration \"http://h\"");
        assertThatThrownBy(() -> config.strings("nested"))
                .hasMessage("expected string slice found map[string]interface {} for nested");
    }

    @Test
    void aTextThatUnfoldsOrNestsTooFarIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(10)));
        }
        assertThatThrownBy(() -> config(bomb.toString())).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> config("a: " + "[".repeat(100_000)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("exceeded max depth");
        assertThatThrownBy(() -> config("a: &a [*a]\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("contains itself");
        assertThatThrownBy(() -> TunnelConfig.parseJson("[".repeat(100_000))).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> config("#".repeat(1024 * 1024 + 1)))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("longer than");
    }

    @Test
    void aFileThatIsNotThereIsToldAsSuch() {
        assertThatThrownBy(() -> Ingress.load(folder.resolve("none.yml")))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("it does not exist");
    }
}
