package dev.adit.tunnel.netty.edge;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import java.io.IOException;
import java.time.Duration;

/** An edge with one tunnel at app.test and one scripted connector on it. */
final class EdgeFixture implements AutoCloseable {

    final TunnelEdge edge;
    final TunnelCredentials credentials;
    final ScriptedConnector connector;

    EdgeFixture() throws Exception {
        this(TunnelEdge.builder());
    }

    EdgeFixture(TunnelEdge.Builder builder) throws Exception {
        edge = builder.start();
        credentials = edge.createTunnel("app");
        edge.route("app.test", credentials.tunnelId());
        connector = ScriptedConnector.join(edge, credentials);
    }

    RawVisitor visitor() throws IOException {
        return new RawVisitor(edge.publicAddress());
    }

    /** The request that the visitor has just sent, as the connector sees it. */
    ScriptedCall connectorCall(RawVisitor sender) throws InterruptedException {
        assert !sender.socket.isClosed();
        return connector.next();
    }

    @Override
    public void close() throws InterruptedException {
        edge.close(Duration.ZERO);
        connector.close();
    }
}
