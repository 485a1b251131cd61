/**
 * From a name to an encrypted connection: {@link dev.adit.tunnel.netty.connector.dial.EdgeDialer} resolves, connects and
 * proves the edge by TLS; {@link dev.adit.tunnel.netty.connector.dial.EdgeTls} knows whom to trust. Called by
 * {@code connector}; results come on the connection's event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.dial;

import org.jspecify.annotations.NullMarked;
