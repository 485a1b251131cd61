package dev.adit.tunnel.netty.grpc;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.netty.pair.Http2Front;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import java.util.UUID;

/** A tunnel to one origin, and a port where visitors who speak HTTP/2 come in. */
final class GrpcTunnel implements AutoCloseable {

    private final ScriptedEdge edge;
    private final Tunnel tunnel;
    private final Http2Front front;

    GrpcTunnel(Origin origin, OriginOptions options) throws InterruptedException {
        edge = new ScriptedEdge(ScriptedEdge.accepting());
        tunnel = TunnelClient.builder()
                .credentials(TunnelCredentials.of("account", UUID.randomUUID(), new byte[32]))
                .edgeAddresses(edge.address())
                .edgeTrust(edge.trust())
                .connections(1)
                .ingress(IngressRule.otherwise(origin).with(options))
                .build()
                .start();
        front = new Http2Front(edge.next(), edge.loops());
    }

    Tunnel tunnel() {
        return tunnel;
    }

    /** Where visitors come in. */
    int port() {
        return front.port();
    }

    @Override
    public void close() {
        front.close();
        tunnel.close(java.time.Duration.ZERO);
        edge.close();
    }
}
