package dev.adit.tunnel.netty.wire.websocket;

/** The peer broke a rule of RFC 6455. */
public final class FrameException extends Exception {

    private final int status;

    FrameException(int status, String message) {
        super(message);
        this.status = status;
    }

    /**
     * Returns the status to close with.
     *
     * @return one of RFC 6455 section 7.4.1
     */
    public int status() {
        return status;
    }
}
