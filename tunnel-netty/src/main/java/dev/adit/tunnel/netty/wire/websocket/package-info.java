/**
 * WebSocket (RFC 6455) as bytes: frames are written by {@link dev.adit.tunnel.netty.wire.websocket.WebSocketFrames} and read
 * piece by piece, however long they are, by {@link dev.adit.tunnel.netty.wire.websocket.FrameReader}; of a WebSocket that is
 * passed on, {@link dev.adit.tunnel.netty.wire.websocket.FrameBoundary} knows where a frame may be put in. Knows no channel and
 * no thread; whoever calls it has one of each.
 */
@NullMarked
package dev.adit.tunnel.netty.wire.websocket;

import org.jspecify.annotations.NullMarked;
