package dev.adit.tunnel.event;

/**
 * Told what happens to a tunnel. Called off the event loops, one event after the other in order, by one thread at a
 * time. A listener that throws is logged and stays; one that is slow holds up later events, not requests: when 10,000
 * wait, {@link TunnelEvent.RequestCompleted} events are dropped and their number is logged.
 *
 * <p>Override the methods of interest, or {@link #onEvent} for all.
 */
public interface TunnelListener {

    /**
     * Called for every event; by default calls the method for its kind.
     *
     * @param event what happened
     */
    default void onEvent(TunnelEvent event) {
        if (event instanceof TunnelEvent.StateChanged e) {
            stateChanged(e);
        } else if (event instanceof TunnelEvent.ConnectionOpened e) {
            connectionOpened(e);
        } else if (event instanceof TunnelEvent.ConnectionRegistered e) {
            connectionRegistered(e);
        } else if (event instanceof TunnelEvent.ConnectionLost e) {
            connectionLost(e);
        } else if (event instanceof TunnelEvent.ReconnectScheduled e) {
            reconnectScheduled(e);
        } else if (event instanceof TunnelEvent.ConfigurationApplied e) {
            configurationApplied(e);
        } else if (event instanceof TunnelEvent.RequestCompleted e) {
            requestCompleted(e);
        }
    }

    /**
     * The tunnel's state changed.
     *
     * @param event from what to what
     */
    default void stateChanged(TunnelEvent.StateChanged event) {}

    /**
     * A connection to the edge is open, not yet registered.
     *
     * @param event which
     */
    default void connectionOpened(TunnelEvent.ConnectionOpened event) {}

    /**
     * A connection is registered: visitors' requests may come.
     *
     * @param event which
     */
    default void connectionRegistered(TunnelEvent.ConnectionRegistered event) {}

    /**
     * A connection ended.
     *
     * @param event which, and why
     */
    default void connectionLost(TunnelEvent.ConnectionLost event) {}

    /**
     * A connection will be tried again.
     *
     * @param event when
     */
    default void reconnectScheduled(TunnelEvent.ReconnectScheduled event) {}

    /**
     * New rules are in force.
     *
     * @param event the rules
     */
    default void configurationApplied(TunnelEvent.ConfigurationApplied event) {}

    /**
     * A request is over.
     *
     * @param event what was asked and how it ended
     */
    default void requestCompleted(TunnelEvent.RequestCompleted event) {}
}
