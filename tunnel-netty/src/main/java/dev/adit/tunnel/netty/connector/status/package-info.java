/**
 * The local listener of a tunnel: readiness, health, figures and rules, with the paths and answers of cloudflared's
 * metrics server. {@link dev.adit.tunnel.netty.connector.status.StatusListener} is opened and closed by the composition
 * root and has one thread of its own, so whoever asks cannot hold up the tunnel's event loops.
 * {@link dev.adit.tunnel.netty.connector.status.TunnelCounts} counts, called by the tunnel on any thread.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.status;

import org.jspecify.annotations.NullMarked;
