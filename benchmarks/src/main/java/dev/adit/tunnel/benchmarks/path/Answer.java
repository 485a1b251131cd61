package dev.adit.tunnel.benchmarks.path;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.Origin;

/** Who answers at the tunnel's end, and how much. A plain HTTP server with the same answer is the baseline of each. */
public enum Answer {
    /** {@link Origin#status}: 204 without a body. Nothing but the tunnel itself is at work. */
    STATUS(204, 0),
    /** {@link Origin#handler} with 200 bytes: the tunnel and a hop to a thread that may block. */
    HANDLER(200, 200),
    /** An HTTP server on loopback with 200 bytes. */
    HTTP_200B(200, 200),
    /** An HTTP server on loopback with 1 MiB: cost per byte, not per request. */
    HTTP_1MIB(200, 1024 * 1024);

    private final int status;
    private final int bodyBytes;

    Answer(int status, int bodyBytes) {
        this.status = status;
        this.bodyBytes = bodyBytes;
    }

    /**
     * How the answer's head begins.
     *
     * @return the status code
     */
    int status() {
        return status;
    }

    /**
     * How long the answer's body is.
     *
     * @return bytes, zero for none
     */
    int bodyBytes() {
        return bodyBytes;
    }

    /**
     * What the tunnel leads to.
     *
     * @param plain gives this answer over HTTP
     * @return the origin
     */
    Origin origin(PlainServer plain) {
        return switch (this) {
            case STATUS -> Origin.status(status);
            case HANDLER -> {
                byte[] body = new byte[bodyBytes];
                HeaderFields headers = HeaderFields.of("Content-Type", "application/octet-stream");
                yield Origin.handler(exchange -> exchange.respond(status, headers, body));
            }
            case HTTP_200B, HTTP_1MIB ->
                Origin.http(
                        plain.address().getAddress().getHostAddress(),
                        plain.address().getPort());
        };
    }
}
