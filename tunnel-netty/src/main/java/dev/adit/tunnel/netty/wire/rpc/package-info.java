/**
 * Cap'n Proto RPC on the control stream, as much of it as registering a connection needs.
 *
 * <p><b>Who calls in:</b> the connector's control stream through {@link
 * dev.adit.tunnel.netty.wire.rpc.RegistrationClient}, the edge's through {@link
 * dev.adit.tunnel.netty.wire.rpc.RegistrationServer}. Both take the bytes of arriving DATA frames, cut anywhere,
 * and hand complete messages to a consumer of buffers; neither knows a channel, a timer or a socket.
 *
 * <p><b>Who is called:</b> the server calls a {@link dev.adit.tunnel.netty.wire.rpc.RegistrationService}, which
 * decides who may connect; the client completes the stage of an {@link dev.adit.tunnel.netty.wire.rpc.RpcCall}.
 *
 * <p><b>Thread:</b> everything of one control stream runs on one thread, its connection's event loop. Nothing here is
 * synchronised; the values (records) are immutable and go anywhere.
 *
 * <p>The way of a message in: {@code RpcFrameDecoder} (bytes to segments), {@code SegmentedMessage} with its readers
 * (bounds), {@code RpcMessageReader} (rpc.capnp), {@code RegistrationSchema} (tunnelrpc.capnp). The way out: {@code
 * RegistrationSchema}, {@code RpcMessageWriter}, {@code MessageBuilder}.
 *
 * <p>Sources: the Cap'n Proto encoding and {@code rpc.capnp} as published by the Cap'n Proto project, the layout of
 * cloudflared's {@code tunnelrpc/proto/tunnelrpc.capnp}, and recordings of release 2026.8.2, which the tests replay.
 */
@NullMarked
package dev.adit.tunnel.netty.wire.rpc;

import org.jspecify.annotations.NullMarked;
