/**
 * From a stream of the edge to an origin and back: {@link dev.adit.tunnel.netty.connector.serve.StreamDispatcher} looks
 * at a new stream's kind, {@link dev.adit.tunnel.netty.connector.serve.ActiveIngress} finds the rule,
 * {@link dev.adit.tunnel.netty.connector.serve.Exchange} is one request with its response. Called by
 * {@code connector} on the connection's event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.serve;

import org.jspecify.annotations.NullMarked;
