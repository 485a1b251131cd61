package dev.adit.tunnel.benchmarks.path;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Edge, tunnel and plain server of one trial. All visitors share them. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls start() before anything else.
public class Servers {

    private static final Duration GRACE = Duration.ofSeconds(5);

    /** Who answers; all by default, one with {@code -p answer=HANDLER}. */
    @Param
    public Answer answer;

    private PlainServer plain;
    private TunnelEdge edge;
    private Tunnel tunnel;

    /** Starts all three; returns when the connector is registered. */
    @Setup
    public void start() {
        plain = new PlainServer(answer);
        edge = TunnelEdge.local();
        tunnel = TunnelClient.builder()
                .edge(edge)
                .ingress(IngressRule.otherwise(answer.origin(plain)))
                .build()
                .start();
    }

    /** Closes them. The visitors have hung up; the edge may still have to notice. */
    @TearDown
    public void close() {
        tunnel.close(GRACE);
        edge.close(GRACE);
        plain.close();
    }

    /**
     * A visitor who goes through the tunnel.
     *
     * @return connected
     * @throws IOException if the edge does not listen
     */
    Visitor throughTheTunnel() throws IOException {
        return new Visitor(edge.publicAddress(), tunnel.url().orElseThrow().getAuthority(), answer);
    }

    /**
     * A visitor who asks the plain server itself.
     *
     * @return connected
     * @throws IOException if the server does not listen
     */
    Visitor straightToTheServer() throws IOException {
        InetSocketAddress address = plain.address();
        return new Visitor(address, "localhost:" + address.getPort(), answer);
    }
}
