package dev.adit.tunnel.netty.wire.rpc;

/**
 * The peer sent bytes that are not a valid message, or a message that breaks the rules of the RPC protocol. The control
 * stream cannot go on: whoever catches this ends the stream.
 */
public final class RpcProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RpcProtocolException(String message) {
        super(message);
    }
}
