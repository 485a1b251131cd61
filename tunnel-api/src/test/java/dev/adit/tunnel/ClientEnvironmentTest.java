package dev.adit.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientEnvironmentTest {

    @Test
    void readsEdgeAddresses() {
        ClientEnvironment environment = new ClientEnvironment(Map.of("TUNNEL_EDGE", " a.test:7844, [::1]:1 "));
        assertThat(environment.edgeAddresses())
                .containsExactly(
                        InetSocketAddress.createUnresolved("a.test", 7844),
                        InetSocketAddress.createUnresolved("::1", 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.test",
                "a.test:",
                ":80",
                "a.test:port",
                "a.test:0",
                "a.test:99999",
                "a.test:1,,b.test:2",
                "https://a.test:7844",
                "2001:db8::1",
                "a test:1"
            })
    void saysWhichEntryIsNoAddress(String list) {
        ClientEnvironment environment = new ClientEnvironment(Map.of("TUNNEL_EDGE", list));
        assertThatThrownBy(environment::edgeAddresses)
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("TUNNEL_EDGE")
                .hasMessageContaining("host:port");
    }

    @Test
    void readsRegionAndAddressFamily() {
        ClientEnvironment environment =
                new ClientEnvironment(Map.of("TUNNEL_REGION", "us", "TUNNEL_EDGE_IP_VERSION", "6"));
        assertThat(environment.region()).isEqualTo("us");
        assertThat(environment.edgeIpVersion()).isEqualTo(EdgeIpVersion.IPV6);
    }

    @Test
    void saysThatARegionOrFamilyIsNone() {
        ClientEnvironment environment =
                new ClientEnvironment(Map.of("TUNNEL_REGION", "us.evil", "TUNNEL_EDGE_IP_VERSION", "5"));
        assertThatThrownBy(environment::region)
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("TUNNEL_REGION");
        assertThatThrownBy(environment::edgeIpVersion)
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("auto, 4 or 6");
    }

    @Test
    void saysThatTheQuickServiceIsNoUrl() {
        ClientEnvironment environment = new ClientEnvironment(Map.of("TUNNEL_QUICK_SERVICE", "https://a b"));
        assertThatThrownBy(() -> environment.quickService("https://q.test"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("TUNNEL_QUICK_SERVICE");
    }

    @Test
    void whatIsNotSetHasItsDefault() {
        ClientEnvironment environment = new ClientEnvironment(Map.of("TUNNEL_TOKEN", " ", "TUNNEL_CACERT", ""));
        assertThat(environment.credentials()).isNull();
        assertThat(environment.edgeAddresses()).isEmpty();
        assertThat(environment.region()).isNull();
        assertThat(environment.edgeIpVersion()).isEqualTo(EdgeIpVersion.AUTO);
        assertThat(environment.edgeTrust()).isEqualTo(EdgeTrust.cloudflare());
        assertThat(environment.quickService("https://q.test")).isEqualTo(URI.create("https://q.test"));
    }
}
