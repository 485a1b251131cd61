/**
 * The control stream: {@link dev.adit.tunnel.netty.connector.register.ControlStream} carries the RPC of
 * {@code wire.rpc} over it. Called by {@code connector} on the connection's event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.register;

import org.jspecify.annotations.NullMarked;
