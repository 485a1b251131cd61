package dev.adit.tunnel.netty.edge.front;

/** A visitor's request that the edge answers itself. */
final class RefusedRequestException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Makes one, without a stack trace: it is an answer, not a fault of ours.
     *
     * @param status the HTTP status
     * @param detail for the visitor; repeats nothing the visitor sent
     */
    RefusedRequestException(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
