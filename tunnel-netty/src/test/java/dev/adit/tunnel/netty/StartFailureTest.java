package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** What a start that cannot succeed says. */
class StartFailureTest {

    @Test
    void aClosedEdgeTakesNoTunnel() {
        TunnelEdge edge = TunnelEdge.local();
        edge.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> edge.createTunnel("late"))
                .withMessageStartingWith("The edge is closed");
        assertThatThrownBy(() -> TunnelClient.expose(8080, edge))
                .isInstanceOf(TunnelException.class)
                .hasMessageStartingWith("The tunnel could not be started: The edge is closed");
    }

    @Test
    void theFutureFailsWithATunnelExceptionToo() {
        try (TunnelEdge edge = TunnelEdge.builder().start()) {
            assertThatThrownBy(() -> client().edge(edge).build().startAsync().get())
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("quickDomain");
        }
    }

    @Test
    void aPortWithoutTlsIsNamedAndItsAnswerNotRepeated() {
        try (TunnelEdge edge = TunnelEdge.local()) {
            assertThatThrownBy(() -> client().credentials(edge.createTunnel("t"))
                            .edgeAddresses(edge.publicAddress())
                            .build()
                            .start())
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("does not speak TLS")
                    .hasMessageNotContaining("48545450");
        }
    }

    @Test
    void anAddressThatDoesNotResolveCannotBeBound() {
        InetSocketAddress unknown = InetSocketAddress.createUnresolved("no.such.invalid", 0);
        assertThatThrownBy(() -> TunnelEdge.builder().publicAddress(unknown).start())
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("the name has no address");
    }

    private static TunnelClient.Builder client() {
        return TunnelClient.builder().ingress(IngressRule.otherwise(Origin.http("localhost", 8080)));
    }
}
