package dev.adit.tunnel.netty.edge.acceptor;

import dev.adit.tunnel.netty.edge.registry.RegisteredConnection;
import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.registry.TunnelStore;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one accepted connection: secured, registered, perhaps unregistered and drained, closed. The connector moves
 * on only when the socket is closed, so every way out ends in closing it. Runs on the connection's event loop.
 */
final class AcceptedConnection implements ConnectionOwner {

    private static final Logger LOG = LoggerFactory.getLogger(AcceptedConnection.class);

    /** Time for the connector to read a refusal before the socket closes. Source: cloudflared loses it otherwise. */
    private static final long REFUSAL_READ_MILLIS = 200;

    private final Channel channel;
    private final TunnelRegistry registry;
    private final ControlStreamOpener control;
    private @Nullable TunnelHttp2 http2;
    private @Nullable RegisteredConnection registered;
    private @Nullable Future<?> loginDeadline;
    private boolean draining;
    private boolean refused;

    AcceptedConnection(Channel channel, TunnelStore store, TunnelRegistry registry) {
        this.channel = channel;
        this.registry = registry;
        this.control = new ControlStreamOpener(this, new Admission(this, store, registry));
    }

    void startLoginDeadline(Duration timeout) {
        loginDeadline = channel.eventLoop()
                .schedule(
                        () -> {
                            LOG.warn(
                                    "{} has not registered within {} ms of its connect; closing it.",
                                    this,
                                    timeout.toMillis());
                            channel.close();
                        },
                        timeout.toMillis(),
                        TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> cancelLoginDeadline());
    }

    /** TLS is up and HTTP/2 is in the pipeline. */
    void secured(TunnelHttp2 handler) {
        http2 = handler;
        control.open(handler);
    }

    Channel channel() {
        return channel;
    }

    TunnelHttp2 http2() {
        if (http2 == null) {
            throw new IllegalStateException("There is no HTTP/2 before TLS is up.");
        }
        return http2;
    }

    @Nullable
    RegisteredConnection registered() {
        return registered;
    }

    /** The connector was let in: requests may come at once. */
    void admitted(RegisteredConnection connection) {
        registered = connection;
        cancelLoginDeadline();
    }

    /** The connector was refused; the answer is on its way. */
    void refuse() {
        if (!refused) {
            refused = true;
            channel.eventLoop().schedule(() -> channel.close(), REFUSAL_READ_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** No new requests; closes when the running ones have ended. The caller still has an answer to send. */
    void drain(String reason) {
        if (draining) {
            return;
        }
        draining = true;
        RegisteredConnection connection = registered;
        if (connection != null) {
            connection.retire();
            registry.remove(connection);
            LOG.info("{} draining: {}; {} request(s) run.", this, reason, runningStreams());
        }
        channel.eventLoop().execute(this::closeIfDrained);
    }

    /** The control stream has ended, whoever ended it. */
    void controlStreamEnded(String how) {
        if (draining) {
            closeIfDrained();
        } else if (!refused) {
            LOG.info("{} lost its control stream: {}; closing it.", this, how);
            channel.close();
        }
    }

    @Override
    public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
        throw new IllegalStateException("A connector opens no streams.");
    }

    @Override
    public void onGoAway(int lastStreamId, long errorCode) {
        drain("the connector is going away, code " + errorCode);
    }

    @Override
    public void onStreamClosed() {
        RegisteredConnection connection = registered;
        if (connection != null) {
            connection.streamsChanged(runningStreams());
        }
        if (draining) {
            closeIfDrained();
        }
    }

    @Override
    public void onClosed(@Nullable Throwable cause) {
        cancelLoginDeadline();
        control.connectionClosed();
        RegisteredConnection connection = registered;
        if (connection != null) {
            connection.retire();
            registry.remove(connection);
            if (draining) {
                LOG.info("{} drained and closed.", this);
            } else {
                LOG.info("{} lost{}", this, cause == null ? "." : ": " + cause);
            }
        }
    }

    private void closeIfDrained() {
        if (runningStreams() == 0 && channel.isActive()) {
            // Behind what is still to be flushed: the answer to the connector, the end of the last response's credit.
            channel.eventLoop().execute(() -> channel.close());
        }
    }

    private int runningStreams() {
        return http2 == null ? 0 : http2.activeStreams() - (control.isOpen() ? 1 : 0);
    }

    private void cancelLoginDeadline() {
        if (loginDeadline != null) {
            loginDeadline.cancel(false);
            loginDeadline = null;
        }
    }

    @Override
    public String toString() {
        RegisteredConnection connection = registered;
        return connection == null
                ? "conn=? peer=" + channel.remoteAddress()
                : "conn=" + connection.slot().index() + " tunnel="
                        + connection.slot().tunnelId() + " connector="
                        + connection.slot().clientId();
    }
}
