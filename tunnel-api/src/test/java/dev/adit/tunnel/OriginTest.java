package dev.adit.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {

    @Test
    void readsUris() {
        assertThat(Origin.http(URI.create("http://localhost"))).isEqualTo(Origin.http("localhost", 80));
        assertThat(Origin.http(URI.create("HTTP://[::1]:3000"))).isEqualTo(Origin.http("::1", 3000));
        assertThat(Origin.https(URI.create("https://10.0.0.5:8443"))).isEqualTo(Origin.https("10.0.0.5", 8443));
        assertThat(Origin.https(URI.create("https://a.test"))).isEqualTo(Origin.https("a.test", 443));
    }

    @Test
    void readsUrisOfTcpServices() {
        assertThat(Origin.tcp(URI.create("SSH://localhost"))).hasToString("ssh://localhost:22");
        assertThat(Origin.tcp(URI.create("rdp://10.0.0.1"))).hasToString("rdp://10.0.0.1:3389");
        assertThat(Origin.tcp(URI.create("smb://10.0.0.1"))).hasToString("smb://10.0.0.1:445");
        assertThat(Origin.tcp(URI.create("tcp://localhost"))).isEqualTo(Origin.tcp("localhost", 7864));
        assertThat(Origin.tcp(URI.create("tcp://[::1]:5432"))).hasToString("tcp://[::1]:5432");
        assertThat(Origin.tcp(URI.create("ftp://localhost:21"))).hasToString("ftp://localhost:21");
        assertThat(new Origin.Tcp("ftp", "localhost", 0)).hasToString("ftp://localhost");
        assertThat(new Origin.Tcp("ftp", "::1", 0)).hasToString("ftp://[::1]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ftp://localhost", "http://a.test:80", "wss://a.test:80", "//a.test:22", "ssh:/a", "ssh://a/b"})
    void refusesUrisThatAreNoTcpService(String uri) {
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.tcp(URI.create(uri)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://a.test",
                "http://a.test/",
                "http://a.test/path",
                "http:/a",
                "a.test:80",
                "//a.test",
                "http://a.test?query",
                "http://a.test#fragment",
                "http://user:password@a.test"
            })
    void refusesUrisThatAreNoPlainHttpAddress(String uri) {
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http(URI.create(uri)));
    }

    @Test
    void refusesAddressesThatCannotBe() {
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http("", 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http("http://a", 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http("[::1]", 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http("a:8080", 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.http("a\nb", 80));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.tcp("a", 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.tcp("a", 65536))
                .withMessageContaining("65535");
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.status(99));
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.status(1000));
    }

    @Test
    void isShownAsCloudflaredWritesIt() {
        assertThat(Origin.http("::1", 80)).hasToString("http://[::1]:80");
        assertThat(Origin.https("a.test", 443)).hasToString("https://a.test:443");
        assertThat(Origin.status(404)).hasToString("http_status:404");
        assertThat(Origin.unix(Path.of("/run/app.sock"))).hasToString("unix:/run/app.sock");
        assertThat(Origin.helloWorld()).hasToString("hello_world");
    }

    @Test
    void optionsStateTheirRange() {
        OriginOptions.Builder options = OriginOptions.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.connectTimeout(Duration.ZERO).build())
                .withMessage("connectTimeout: PT0S (expected: > 0)");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> OriginOptions.builder().keepAliveConnections(-1).build());
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> OriginOptions.builder().httpHostHeader("a\r\nb").build());
        assertThat(OriginOptions.builder().build()).isEqualTo(OriginOptions.defaults());
        assertThat(OriginOptions.defaults().toBuilder()
                        .noTlsVerify(true)
                        .build()
                        .noTlsVerify())
                .isTrue();
    }

    @Test
    void poolsAreChecked() {
        Origin a = Origin.http("a", 80);
        PoolOptions asking = PoolOptions.builder().healthPath("/health").build();
        assertThat(Origin.pool(a, Origin.tcp("b", 1))).hasToString("pool:[http://a:80, tcp://b:1]");
        assertThat(Origin.pool(a)).isEqualTo(Origin.pool(PoolOptions.builder().build(), a));
        assertThatIllegalArgumentException().isThrownBy(Origin::pool);
        assertThatIllegalArgumentException().isThrownBy(() -> Origin.pool(a, a));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.pool(Origin.pool(a)))
                .withMessageContaining("pool itself");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.pool(asking, a, Origin.tcp("b", 1)))
                .withMessageContaining("tcp://b:1");
    }

    @Test
    void poolOptionsStateTheirRange() {
        PoolOptions.Builder options = PoolOptions.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.failureStatuses(200).build())
                .withMessage("failureStatuses: 200 (expected: 400 to 599)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PoolOptions.builder().healthPath("health").build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PoolOptions.builder()
                        .rest(Duration.ofSeconds(2), Duration.ofSeconds(1))
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PoolOptions.builder().interval(Duration.ZERO).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PoolOptions.builder().unhealthyAfter(0).build());
    }
}
