package dev.adit.tunnel.netty.connector.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which names requests may be for. */
class LocalHostTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:1",
                "127.0.0.1",
                "127.0.0.1:65535",
                "10.1.2.3:20241",
                "[::1]",
                "[::1]:20241",
                "[fd00::1]:1",
                "probe.test",
                "Probe.Test:20241"
            })
    void addressesLocalhostAndTheOwnNameAreAnswered(String host) {
        assertThat(LocalHost.isLocal(host, "probe.test")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ":80",
                "evil.test",
                "evil.test:20241",
                "localhost.evil.test",
                "127.0.0.1.evil.test",
                "evil.localhost",
                "localhost.",
                "localhost:x",
                "localhost:123456",
                "localhost:80:80",
                "127.0.0.1:-1",
                "127.1",
                "0x7f000001",
                "2130706433",
                "::1",
                "[::1",
                "[::1]x",
                "[evil.test]",
                "[]",
                "user@localhost",
                "localhost, evil.test"
            })
    void otherNamesAreNot(String host) {
        assertThat(LocalHost.isLocal(host, "probe.test")).isFalse();
        assertThat(LocalHost.isLocal(host, null)).isFalse();
    }
}
