/**
 * From a stream to the local service. {@code connector.serve} chooses a rule and calls its
 * {@link dev.adit.tunnel.netty.origin.OriginProxy}; the proxy answers through a
 * {@link dev.adit.tunnel.netty.origin.ResponseSink}. Both run on the tunnel connection's event loop, and connections to
 * origins are opened on that same loop. Only in-process handlers run elsewhere.
 */
@NullMarked
package dev.adit.tunnel.netty.origin;

import org.jspecify.annotations.NullMarked;
