/** The local listener, asked over real sockets. */
@NullMarked
package dev.adit.tunnel.netty.connector.status;

import org.jspecify.annotations.NullMarked;
