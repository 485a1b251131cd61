/**
 * Delivers {@link dev.adit.tunnel.event.TunnelEvent}s to the application's listeners, off the event loops and in order.
 * Called by {@code connector} and {@code connector.serve} from any thread.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.event;

import org.jspecify.annotations.NullMarked;
