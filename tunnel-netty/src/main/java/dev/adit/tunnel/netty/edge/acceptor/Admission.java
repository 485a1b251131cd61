package dev.adit.tunnel.netty.edge.acceptor;

import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import dev.adit.tunnel.netty.edge.registry.RegisteredConnection.Slot;
import dev.adit.tunnel.netty.edge.registry.StoredTunnel;
import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.registry.TunnelStore;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides whether one connection is let in. Runs on its event loop; nothing here waits. */
final class Admission implements RegistrationService {

    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    /** The exact text by which connectors know that this slot is taken. Source: cloudflared, supervisor/tunnel.go. */
    private static final String DUPLICATE = "EDUPCONN";

    private static final String UNKNOWN = "Unauthorized: unknown tunnel or wrong secret";
    private static final String LOCATION = "adit01";

    private final AcceptedConnection connection;
    private final TunnelStore store;
    private final TunnelRegistry registry;

    Admission(AcceptedConnection connection, TunnelStore store, TunnelRegistry registry) {
        this.connection = connection;
        this.store = store;
        this.registry = registry;
    }

    @Override
    public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
        return CompletableFuture.completedStage(decide(request));
    }

    @Override
    public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
        LOG.debug("{} reported its configuration, {} bytes.", connection, configuration.length);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<Void> unregisterConnection() {
        connection.drain("the connector unregistered");
        return CompletableFuture.completedStage(null);
    }

    private ConnectionResponse decide(RegisterConnection request) {
        StoredTunnel tunnel = store.authenticate(
                request.tunnelId(), request.auth().accountTag(), request.auth().tunnelSecret());
        if (tunnel == null) {
            return refuse(request, UNKNOWN, false);
        }
        if (connection.registered() != null) {
            return refuse(request, "This connection is registered already", false);
        }
        Slot slot = new Slot(tunnel.id(), request.options().clientId(), request.connIndex());
        RegisteredConnection candidate =
                new RegisteredConnection(slot, UUID.randomUUID(), connection.channel(), connection.http2());
        if (registry.add(candidate) != null) {
            return refuse(request, DUPLICATE, true);
        }
        connection.admitted(candidate);
        LOG.info(
                "{} registered for '{}': version {}, {}, peer {}.",
                connection,
                LogText.safe(tunnel.name()),
                LogText.safe(request.options().version()),
                LogText.safe(request.options().arch()),
                connection.channel().remoteAddress());
        return new ConnectionDetails(candidate.id(), LOCATION, false);
    }

    private ConnectionResponse refuse(RegisterConnection request, String cause, boolean retry) {
        LOG.warn(
                "conn={} tunnel={} connector={} peer={} refused: {}.",
                request.connIndex(),
                request.tunnelId(),
                request.options().clientId(),
                connection.channel().remoteAddress(),
                cause);
        connection.refuse();
        return new ConnectionError(cause, Duration.ZERO, retry);
    }
}
