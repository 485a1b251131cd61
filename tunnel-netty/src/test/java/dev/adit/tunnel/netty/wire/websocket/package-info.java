@NullMarked
package dev.adit.tunnel.netty.wire.websocket;

import org.jspecify.annotations.NullMarked;
