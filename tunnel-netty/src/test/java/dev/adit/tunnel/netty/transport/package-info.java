/** Tests of event loops and socket classes. */
@NullMarked
package dev.adit.tunnel.netty.transport;

import org.jspecify.annotations.NullMarked;
