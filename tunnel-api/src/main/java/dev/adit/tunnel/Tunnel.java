package dev.adit.tunnel;

import dev.adit.tunnel.event.TunnelListener;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A running tunnel. Safe for use by several threads. Lost connections are events and are replaced for ever; only
 * {@code close} ends a tunnel.
 */
public interface Tunnel extends AutoCloseable {

    /**
     * Returns the tunnel's public address.
     *
     * @return the URL visitors use; empty for a tunnel with credentials, whose host names only the edge knows
     */
    Optional<URI> url();

    /**
     * Returns the tunnel's id.
     *
     * @return the id that outlives this process
     */
    UUID id();

    /**
     * Returns how the tunnel is doing.
     *
     * @return the state now
     */
    TunnelState state();

    /**
     * Returns the registered connections.
     *
     * @return a snapshot in order of index
     */
    List<ConnectionInfo> connections();

    /**
     * Returns the rules in force.
     *
     * @return the rules for new requests
     */
    Ingress ingress();

    /**
     * Replaces the rules at once. New requests see the new list whole; running ones keep the old.
     *
     * @param ingress the new rules
     * @throws IngressException if a rule cannot be served with the libraries that are there; the old rules stay
     * @throws IllegalStateException if the tunnel is closed
     */
    void updateIngress(Ingress ingress);

    /**
     * Replaces the rules at once.
     *
     * @param rules the new rules, the last a catch-all
     * @throws IngressException for the first thing that is wrong; the old rules stay
     */
    default void updateIngress(IngressRule... rules) {
        updateIngress(Ingress.of(rules));
    }

    /**
     * Returns where the tunnel tells of itself.
     *
     * @return the address of {@link TunnelClient.Builder#statusListener(InetSocketAddress)} with the port it got; empty if
     *     none was asked for
     */
    Optional<InetSocketAddress> statusAddress();

    /**
     * Adds a listener for what happens from now on.
     *
     * @param listener called off the event loops, one event after the other
     */
    void addListener(TunnelListener listener);

    /**
     * Removes a listener.
     *
     * @param listener one that was added; another is ignored
     */
    void removeListener(TunnelListener listener);

    /**
     * Waits until the tunnel is closed.
     *
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    void awaitClosed() throws InterruptedException;

    /**
     * Closes with the grace period that the client was built with, 30 s by default. Returns early when no request is
     * running.
     */
    @Override
    void close();

    /**
     * Unregisters every connection so that the edge sends no new request, waits for the running ones, then closes.
     * WebSockets, which may never end by themselves, are closed with status 1001 five seconds before the end of the grace
     * period, or when three quarters of it are over if that is later. A second call waits for the first and returns its report. Do not call it from a handler of this tunnel: it would
     * wait for that very request.
     *
     * @param grace how long running requests may take; zero cuts them at once
     * @return what was cut
     */
    CloseReport close(Duration grace);
}
