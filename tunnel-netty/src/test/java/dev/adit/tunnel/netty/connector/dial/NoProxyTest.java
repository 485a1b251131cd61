package dev.adit.tunnel.netty.connector.dial;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What NO_PROXY means, by the cases of Go's programs. */
class NoProxyTest {

    @ParameterizedTest
    @CsvSource({
        // list, host, port, straight
        "'', example.com, 7844, false",
        "'', localhost, 7844, true",
        "'', 127.0.0.9, 7844, true",
        "'', ::1, 7844, true",
        "*, example.com, 7844, true",
        "example.com, example.com, 7844, true",
        "example.com, EXAMPLE.com, 7844, true",
        "EXAMPLE.com, a.example.com, 7844, true",
        "example.com, badexample.com, 7844, false",
        ".example.com, example.com, 7844, false",
        ".example.com, a.example.com, 7844, true",
        "*.example.com, a.example.com, 7844, true",
        "*.example.com, example.com, 7844, false",
        "example.com:7844, example.com, 7844, true",
        "example.com:80, example.com, 7844, false",
        "' a.test , b.test ', b.test, 7844, true",
        "10.0.0.0/8, 10.1.2.3, 7844, true",
        "10.0.0.0/8, 11.1.2.3, 7844, false",
        "10.0.0.0/8, ten.test, 7844, false",
        "10.0.0.0/x, 10.1.2.3, 7844, false",
        "192.0.2.1, 192.0.2.1, 7844, true",
        "192.0.2.1:7844, 192.0.2.1, 7844, true",
        "192.0.2.1:80, 192.0.2.1, 7844, false",
        "2001:db8::1, 2001:db8:0:0::1, 7844, true",
        "'[2001:db8::1]:7844', 2001:db8::1, 7844, true",
        "'[2001:db8::1]:80', 2001:db8::1, 7844, false",
        "2001:db8::/32, 2001:db8::7, 7844, true",
    })
    void hostsOnTheListAreReachedStraight(String list, String host, int port, boolean straight) {
        assertThat(new NoProxy(List.of(list.split(",", -1))).matches(host, port))
                .isEqualTo(straight);
    }
}
