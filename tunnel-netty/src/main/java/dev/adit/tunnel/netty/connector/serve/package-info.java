/**
 * From a stream of the edge to an origin and back: {@link dev.adit.tunnel.netty.connector.serve.StreamDispatcher} looks
 * at a new stream's kind, {@link dev.adit.tunnel.netty.connector.serve.ActiveIngress} finds the rule,
 * {@link dev.adit.tunnel.netty.connector.serve.Exchange} is one request with its response,
 * {@link dev.adit.tunnel.netty.connector.serve.RemoteConfiguration} takes the rules that the edge pushes. Called by
 * {@code connector} on the connection's event loop; calls {@code connector.ingress}, {@code connector.access},
 * {@code connector.config} (on a thread of its own) and {@code origin}.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.serve;

import org.jspecify.annotations.NullMarked;
