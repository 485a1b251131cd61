/**
 * Event loops and sockets, for both ends: the composition root makes {@link
 * dev.adit.tunnel.netty.transport.EventLoops}, connector, edge and origin take their group and channel classes from it.
 * Callable from any thread.
 */
@NullMarked
package dev.adit.tunnel.netty.transport;

import org.jspecify.annotations.NullMarked;
