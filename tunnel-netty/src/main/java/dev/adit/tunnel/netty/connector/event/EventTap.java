package dev.adit.tunnel.netty.connector.event;

import dev.adit.tunnel.event.TunnelEvent;

/**
 * Counts what happens, at the moment it happens and on the thread it happens on, mostly an event loop. So an
 * implementation returns at once and is safe for use by several threads. Unlike a listener it misses nothing.
 */
public interface EventTap {

    /** A request has come and has a rule; a {@link TunnelEvent.RequestCompleted} will follow. */
    void requestBegan();

    /**
     * An event is about to be told.
     *
     * @param event what happened
     */
    void happened(TunnelEvent event);

    /**
     * A registration was refused, or not answered.
     *
     * @param reason why, for people
     */
    void registrationFailed(String reason);

    /**
     * The edge was told the rules in force.
     *
     * @param taken whether it took note of them
     */
    void configurationReported(boolean taken);
}
