/**
 * From a host to a tunnel ({@link dev.adit.tunnel.netty.edge.router.HostRouter}) and from a tunnel to one of its
 * connections ({@link dev.adit.tunnel.netty.edge.router.ConnectionPicker}). Called by {@code front} on the visitor&#39;s
 * event loop; never blocks and takes no lock on the way of a request.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.router;

import org.jspecify.annotations.NullMarked;
