package dev.adit.tunnel;

/** Which leg of a proxied request failed, and the status a visitor gets if no response had begun. */
public enum OriginFailure {
    /** The origin's name has no address. */
    NAME_NOT_RESOLVED(502),
    /** The visitor named a destination that the rule's {@link IpRule}s do not allow. */
    DESTINATION_REFUSED(403),
    /** Every address of the origin refused the connection or had no route. */
    CONNECT_FAILED(502),
    /** No address of the origin answered within {@link OriginOptions#connectTimeout()}. */
    CONNECT_TIMED_OUT(504),
    /** The TLS handshake with the origin failed: certificate, name or protocol. */
    TLS_FAILED(502),
    /** The TLS handshake did not end within {@link OriginOptions#tlsTimeout()}. */
    TLS_TIMED_OUT(504),
    /** The origin closed the connection, or answered something that is not HTTP, before its response had begun. */
    RESPONSE_INVALID(502),
    /** The visitor asked for a WebSocket, and the origin speaks HTTP/2 only. */
    UPGRADE_NOT_SERVED(501),
    /** The response did not begin within {@link OriginOptions#responseTimeout()}. */
    RESPONSE_TIMED_OUT(504),
    /** The response broke off after it had begun; the visitor sees it break off. */
    RESPONSE_CUT_SHORT(502),
    /** An in-process handler threw before its response had begun, or gave none. */
    HANDLER_FAILED(500),
    /** An in-process handler could not be run: its executor is full or shut down. */
    HANDLER_REJECTED(503),
    /** The visitor or the edge went away; nobody sees a status. */
    VISITOR_GONE(499),
    /** The visitor's request broke HTTP's rules in a way the connector must not pass on. */
    REQUEST_INVALID(400),
    /** The body would have had to be held back until complete, and is too long for that. The origin has not seen it. */
    REQUEST_TOO_LARGE(413),
    /** The body has to be complete before the origin gets it, and for too long nothing came of it. */
    REQUEST_TIMED_OUT(408),
    /** The connector holds as many bytes as it may for other requests. The origin has not seen this one. */
    OVERLOADED(503),
    /** As many private TCP streams are open as {@link WarpRouting#maxActiveFlows()} allows. */
    FLOW_LIMIT_REACHED(502),
    /** The rule asks for an Access token, and the request has none that is good. The origin has not seen it. */
    ACCESS_DENIED(403),
    /** The rule asks for an Access token, and the team's keys to check it with cannot be had. The origin has not seen it. */
    ACCESS_KEYS_UNAVAILABLE(503);

    private final int status;

    OriginFailure(int status) {
        this.status = status;
    }

    /**
     * Returns the status for the visitor.
     *
     * @return an HTTP status code
     */
    public int status() {
        return status;
    }
}
