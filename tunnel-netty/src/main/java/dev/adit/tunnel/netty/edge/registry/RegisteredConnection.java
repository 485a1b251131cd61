package dev.adit.tunnel.netty.edge.registry;

import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One admitted tunnel connection: opens streams for requests and knows how many run. {@link #open}, {@link #retire} and
 * {@link #streamsChanged} are called on the connection's event loop, the rest on any thread.
 */
public final class RegisteredConnection {

    private final Slot slot;
    private final UUID id;
    private final Channel channel;
    private final TunnelHttp2 http2;
    private volatile boolean usable = true;
    private volatile int inFlight;
    private int running;

    /**
     * Makes one.
     *
     * @param slot what the connector calls it
     * @param id what the edge calls it
     * @param channel its socket
     * @param http2 its HTTP/2 handler, with the control stream open
     */
    public RegisteredConnection(Slot slot, UUID id, Channel channel, TunnelHttp2 http2) {
        this.slot = slot;
        this.id = id;
        this.channel = channel;
        this.http2 = http2;
    }

    /**
     * What the connector calls a connection. Unique among those registered at one edge.
     *
     * @param tunnelId the tunnel that it serves
     * @param clientId the connector
     * @param index which of the connector's connections
     */
    public record Slot(UUID tunnelId, UUID clientId, int index) {}

    /**
     * Returns what the connector calls this connection.
     *
     * @return tunnel, connector and index
     */
    public Slot slot() {
        return slot;
    }

    /**
     * Returns what the edge calls this connection.
     *
     * @return also told to the connector
     */
    public UUID id() {
        return id;
    }

    /**
     * Returns the connection's event loop.
     *
     * @return the thread of its streams
     */
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    /**
     * Tells whether new requests may be sent here.
     *
     * @return false once the connector unregistered, is going away, or the connection is lost
     */
    public boolean isUsable() {
        return usable && channel.isActive();
    }

    /**
     * Returns how many requests run here.
     *
     * @return the control stream is not counted; slightly late when read from another thread
     */
    public int inFlight() {
        return inFlight;
    }

    /**
     * Opens a stream.
     *
     * @param headers taken; not to be changed afterwards
     * @param endStream whether the request has neither body nor trailers
     * @param receiver takes what comes back
     * @return the stream, or null if none can be opened: the request has not reached the connector
     */
    public @Nullable TunnelStream open(Http2Headers headers, boolean endStream, StreamReceiver receiver) {
        if (!usable) {
            return null;
        }
        TunnelStream stream = http2.open(headers, endStream, receiver);
        if (stream == null) {
            usable = http2.opensStreams();
        } else {
            streamsChanged(running + 1);
        }
        return stream;
    }

    /**
     * Takes note of how many requests run.
     *
     * @param now without the control stream
     */
    public void streamsChanged(int now) {
        running = now;
        inFlight = now;
    }

    /** Opens no more streams; running ones go on. */
    public void retire() {
        usable = false;
    }

    /** Closes the connection; running streams are cut. */
    public void close() {
        usable = false;
        channel.close();
    }
}
