package dev.adit.tunnel.netty.wire.rpc;

import java.util.Objects;

/**
 * A call failed as a whole: the peer answered it with an exception, or the control stream ended before the answer. Not
 * to be confused with {@link ConnectionError}, which is an orderly refusal. A {@link RegistrationService} throws it to
 * choose the type and the text that the connector sees.
 */
public final class RpcException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of failure it was; the order is that of {@code Exception.Type} in rpc.capnp. */
    public enum Type {
        /** A generic problem; asking again will most likely fail again. */
        FAILED(0),
        /** The peer lacks resources just now. */
        OVERLOADED(1),
        /** The connection to something that is needed was lost; ask again on a new connection. */
        DISCONNECTED(2),
        /** The peer does not know the method. */
        UNIMPLEMENTED(3);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        /** Codes we do not know count as {@link #FAILED}, as rpc.capnp asks. */
        static Type of(int code) {
            for (Type type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            return FAILED;
        }
    }

    private final Type type;

    /**
     * Makes an exception of the given type.
     *
     * @param type what kind of failure
     * @param reason the text that travels to the peer; must not contain secrets
     */
    public RpcException(Type type, String reason) {
        super(Objects.requireNonNull(reason, "reason"));
        this.type = Objects.requireNonNull(type, "type");
    }

    /**
     * The kind of failure.
     *
     * @return the type, never null
     */
    public Type type() {
        return type;
    }
}
