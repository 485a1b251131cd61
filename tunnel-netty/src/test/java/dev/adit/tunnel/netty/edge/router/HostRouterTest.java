package dev.adit.tunnel.netty.edge.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.netty.wire.HostNames;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostRouterTest {

    private final HostRouter router = new HostRouter();
    private final UUID exact = UUID.randomUUID();
    private final UUID wide = UUID.randomUUID();
    private final UUID narrow = UUID.randomUUID();

    HostRouterTest() {
        router.route("*.example.com", wide);
        router.route("*.eu.example.com", narrow);
        router.route("App.EU.example.com", exact);
        router.route("*.Bücher.example", exact);
    }

    @Test
    void exactThenLongestWildcard() {
        assertThat(router.find("app.eu.example.com")).isEqualTo(exact);
        assertThat(router.find("x.eu.example.com")).isEqualTo(narrow);
        assertThat(router.find("x.y.eu.example.com")).isEqualTo(narrow);
        assertThat(router.find("eu.example.com")).isEqualTo(wide);
        assertThat(router.find("example.com")).isNull();
        assertThat(router.find("notexample.com")).isNull();
        assertThat(router.find("shop.xn--bcher-kva.example")).isEqualTo(exact);
    }

    @Test
    void routesGoAndAreNotStolen() {
        router.unroute("APP.eu.example.com.");
        assertThat(router.find("app.eu.example.com")).isEqualTo(narrow);
        assertThat(router.routeIfFree("*.eu.example.com", exact)).isFalse();
        router.removeTunnel(narrow);
        assertThat(router.find("app.eu.example.com")).isEqualTo(wide);
    }

    @ParameterizedTest
    @CsvSource({
        "app.test, app.test",
        "APP.Test:8080, app.test",
        "app.test., app.test",
        "app.test.:80, app.test",
        "a_b.test, a_b.test",
        "127.0.0.1:5, 127.0.0.1",
        "[::1]:8080, [::1]",
        "localhost:, localhost"
    })
    void spellingsOfOneHost(String authority, String host) {
        assertThat(HostNames.ofAuthority(authority)).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":80",
                ".",
                "a..b",
                "a b",
                "a/b",
                "a@b",
                "user@app.test",
                "app.test:x",
                "app.test:99999",
                "app.test:123456",
                "[::1",
                "[]",
                "[g::1]",
                "::1",
                "a,b",
                "a\tb",
                "b\u00fccher.test",
                "a%41.test",
                "app.test:80:80"
            })
    void whatIsNoAuthority(String authority) {
        assertThat(HostNames.ofAuthority(authority)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "*.", "a.*.b", "app.test:80", "**.test", "a b", "http://app.test"})
    void whatCannotBeRouted(String hostname) {
        assertThatThrownBy(() -> router.route(hostname, exact)).isInstanceOf(IllegalArgumentException.class);
    }
}
