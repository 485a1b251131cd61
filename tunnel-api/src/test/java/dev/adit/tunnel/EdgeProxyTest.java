package dev.adit.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EdgeProxyTest {

    @ParameterizedTest
    @CsvSource({
        "proxy.test:3128, http://proxy.test:3128",
        "http://proxy.test, http://proxy.test:80",
        "HTTP://proxy.test:8080/, http://proxy.test:8080",
        "socks5://proxy.test, socks5://proxy.test:1080",
        "socks5h://10.0.0.1:9, socks5://10.0.0.1:9",
        "http://[2001:db8::1]:3128, http://[2001:db8::1]:3128"
    })
    void readsWhatTheEnvironmentHas(String text, String meaning) {
        assertThat(EdgeProxy.parse(text)).hasToString(meaning);
        assertThat(EdgeProxy.parse(text).user()).isEmpty();
    }

    @Test
    void readsCredentialsAndKeepsThemToItself() {
        EdgeProxy proxy = EdgeProxy.parse("http://us%3Aer:p%40ss+word@proxy.test:3128");
        assertThat(proxy.user()).contains("us:er");
        assertThat(proxy.password()).isEqualTo("p@ss+word");
        assertThat(proxy).hasToString("http://proxy.test:3128");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://secret@proxy.test:1",
                "ftp://secret@proxy.test:1",
                "http://secret@",
                "http://secret:sec ret@proxy.test",
                "http://secret@proxy.test:0",
                "http://secret@proxy.test:99999"
            })
    void saysWhyItIsNoneWithoutRepeatingIt(String text) {
        assertThatThrownBy(() -> EdgeProxy.parse(text))
                .isInstanceOf(TunnelException.class)
                .hasMessageStartingWith("The proxy cannot be used")
                .hasMessageNotContaining("secret");
    }

    @Test
    void theEnvironmentNamesAProxyAndWhatGoesWithoutIt() {
        ClientEnvironment environment =
                new ClientEnvironment(Map.of("https_proxy", "http://p.test:1", "NO_PROXY", "a.test,b.test"));
        assertThat(environment.proxy()).hasToString("http://p.test:1");
        assertThat(environment.noProxy()).isEqualTo(List.of("a.test", "b.test"));
        assertThat(new ClientEnvironment(Map.of()).proxy()).isNull();
        assertThatThrownBy(() -> new ClientEnvironment(Map.of("HTTPS_PROXY", "https://u:secret@p.test")).proxy())
                .isInstanceOf(TunnelException.class)
                .hasMessageStartingWith("HTTPS_PROXY")
                .hasMessageNotContaining("secret");
    }
}
