package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RegistrationTest {

    private final TunnelEdge edge = TunnelEdge.builder().start();
    private final TunnelCredentials credentials = edge.createTunnel("one");

    @AfterEach
    void closeEdge() {
        edge.close(Duration.ZERO);
    }

    @Test
    void goodCredentialsAreAdmitted() throws Exception {
        assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
        try (ScriptedConnector connector = ScriptedConnector.dial(edge)) {
            assertThat(connector.register(credentials)).isInstanceOf(ConnectionDetails.class);
            assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.HEALTHY);
        }
    }

    @Test
    void unknownTunnelAndWrongSecretAreRefusedAlikeAndClosed() throws Exception {
        TunnelCredentials unknown =
                TunnelCredentials.of(credentials.accountTag(), UUID.randomUUID(), credentials.secret());
        TunnelCredentials wrong = TunnelCredentials.of(credentials.accountTag(), credentials.tunnelId(), new byte[32]);
        TunnelCredentials foreign = TunnelCredentials.of("someone-else", credentials.tunnelId(), credentials.secret());
        for (TunnelCredentials bad : new TunnelCredentials[] {unknown, wrong, foreign}) {
            try (ScriptedConnector connector = ScriptedConnector.dial(edge)) {
                assertThat(connector.register(bad))
                        .isInstanceOfSatisfying(
                                ConnectionError.class,
                                error -> assertThat(error.cause())
                                        .isEqualTo("Unauthorized: unknown tunnel or wrong secret"));
                connector.awaitClosed();
            }
        }
        assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
    }

    @Test
    void aSlotThatIsAliveIsNotTakenAndADeadOneIsReplaced() throws Exception {
        UUID client = UUID.randomUUID();
        try (ScriptedConnector first = ScriptedConnector.dial(edge, client, 1);
                ScriptedConnector second = ScriptedConnector.dial(edge, client, 1)) {
            assertThat(first.register(credentials)).isInstanceOf(ConnectionDetails.class);
            assertThat(second.register(credentials))
                    .isInstanceOfSatisfying(
                            ConnectionError.class,
                            error -> assertThat(error.cause()).isEqualTo("EDUPCONN"));
            second.awaitClosed();
            first.unregister();
            first.awaitClosed();
            try (ScriptedConnector third = ScriptedConnector.dial(edge, client, 1)) {
                assertThat(third.register(credentials)).isInstanceOf(ConnectionDetails.class);
            }
        }
    }

    @Test
    void whoDoesNotRegisterInTimeIsClosed() throws Exception {
        try (TunnelEdge hasty = TunnelEdge.builder()
                        .loginTimeout(Duration.ofMillis(300))
                        .start();
                ScriptedConnector silent = ScriptedConnector.dial(hasty);
                RawVisitor noTls = new RawVisitor(hasty.connectorAddress())) {
            silent.awaitClosed();
            assertThat(noTls.isAtEnd()).isTrue();
        }
    }

    @Test
    void aLostControlStreamEndsTheConnection() throws Exception {
        try (ScriptedConnector connector = ScriptedConnector.join(edge, credentials)) {
            connector.resetControlStream();
            connector.awaitClosed();
            assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
        }
    }

    @Test
    void unregisteringDrainsThenCloses() throws Exception {
        edge.route("app.test", credentials.tunnelId());
        try (ScriptedConnector connector = ScriptedConnector.join(edge, credentials);
                RawVisitor visitor = new RawVisitor(edge.publicAddress());
                RawVisitor late = new RawVisitor(edge.publicAddress())) {
            visitor.send("GET /slow HTTP/1.1\r\nHost: app.test\r\n\r\n");
            ScriptedCall running = connector.next();
            connector.unregister();
            assertThat(edge.tunnelState(credentials.tunnelId())).contains(TunnelState.DOWN);
            late.send("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
            assertThat(late.response().status()).isEqualTo(530);
            assertThat(connector.closed).isNotDone();
            running.ok("done");
            assertThat(visitor.response().body()).isEqualTo("done");
            connector.awaitClosed();
        }
    }

    @Test
    void deletingATunnelEndsItsConnections() throws Exception {
        try (ScriptedConnector connector = ScriptedConnector.join(edge, credentials)) {
            edge.deleteTunnel(credentials.tunnelId());
            connector.awaitClosed();
            assertThat(edge.tunnelState(credentials.tunnelId())).isEmpty();
            assertThatThrownBy(() -> edge.route("app.test", credentials.tunnelId()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
