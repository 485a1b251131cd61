/**
 * Several origins behind one rule. {@code origin} makes a {@link dev.adit.tunnel.netty.origin.pool.PoolProxy}, which
 * calls the proxies of its members. A request stays on its event loop; what is known about a member is shared by all
 * loops.
 */
@NullMarked
package dev.adit.tunnel.netty.origin.pool;

import org.jspecify.annotations.NullMarked;
