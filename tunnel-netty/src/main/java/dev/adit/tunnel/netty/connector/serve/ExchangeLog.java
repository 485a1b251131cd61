package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log lines about requests: one for each that failed, visitors who leave only at debug. */
final class ExchangeLog {

    private static final Logger LOG = LoggerFactory.getLogger("dev.adit.tunnel.requests");

    private static final int MAX_MESSAGE = 1000;

    private final int connection;

    ExchangeLog(int connection) {
        this.connection = connection;
    }

    /**
     * A request failed. Visitors without a good token are no failure of the service, and there may be many: debug.
     * The cause's stack is of use where it is the application's own, or where somebody looks for it.
     */
    void failed(Exchange exchange, OriginFailure failure, String message, @Nullable Throwable cause) {
        boolean denied = failure == OriginFailure.ACCESS_DENIED;
        if (denied && !LOG.isDebugEnabled()) {
            return;
        }
        Object[] parts = {
            connection,
            exchange.streamId(),
            exchange.match().index(),
            LogText.safe(exchange.request().method()),
            LogText.safe(exchange.request().authority()),
            path(exchange.request().target()),
            exchange.hasBegunResponse() ? "cut off" : Integer.toString(failure.status()),
            failure,
            oneLine(message),
            failure == OriginFailure.HANDLER_FAILED || LOG.isDebugEnabled() ? cause : null
        };
        String line = "conn={} stream={} rule={} {} {}{} -> {} {}: {}";
        if (denied) {
            LOG.debug(line, parts);
        } else {
            LOG.warn(line, parts);
        }
    }

    /** The grace period ended before the request did. */
    void cut(Exchange exchange) {
        LOG.warn(
                "conn={} stream={} rule={} {} {}{} -> cut off: the tunnel was closed and the grace period is over",
                connection,
                exchange.streamId(),
                exchange.match().index(),
                LogText.safe(exchange.request().method()),
                LogText.safe(exchange.request().authority()),
                path(exchange.request().target()));
    }

    void visitorGone(Exchange exchange, long errorCode) {
        if (LOG.isDebugEnabled()) {
            LOG.debug(
                    "conn={} stream={} rule={} {} {}{}: the visitor or the edge went away (code {})",
                    connection,
                    exchange.streamId(),
                    exchange.match().index(),
                    LogText.safe(exchange.request().method()),
                    LogText.safe(exchange.request().authority()),
                    path(exchange.request().target()),
                    errorCode);
        }
    }

    void interimDropped(Exchange exchange, MalformedHeadersException cause) {
        LOG.debug(
                "conn={} stream={} an interim response was dropped: {}",
                connection,
                exchange.streamId(),
                cause.getMessage());
    }

    void refused(int streamId, String reason) {
        LOG.warn("conn={} stream={} refused: {}", connection, streamId, reason);
    }

    /** A message may quote what an origin sent. */
    private static String oneLine(String message) {
        String shown = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) + "…" : message;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    /** The target without its query, which may hold secrets. */
    private static String path(String target) {
        int query = target.indexOf('?');
        return LogText.safe(query < 0 ? target : target.substring(0, query) + "?...");
    }
}
