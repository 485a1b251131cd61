/**
 * Where connectors come in: TLS, HTTP/2 in the client role on the accepted socket, the control stream, registration.
 * {@link dev.adit.tunnel.netty.edge.acceptor.ConnectorListener} is opened and closed by the edge; everything else here
 * belongs to one connection and runs on its event loop. Admitted connections go to {@code registry}.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.acceptor;

import org.jspecify.annotations.NullMarked;
