package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log lines about requests of one connection: one for each that failed, visitors who leave only at debug. Of failures
 * that repeat, ten lines in 10 s and then their number. Lives on the connection's event loop.
 */
final class ExchangeLog {

    private static final Logger LOG = LoggerFactory.getLogger("dev.adit.tunnel.requests");

    private static final Duration WINDOW = Duration.ofSeconds(10);

    private static final String FAILED = "conn={} stream={} rule={} {} {}{} -> {} {}: {}";
    private static final String REFUSED = "conn={} stream={} refused with {}: {}";

    private final int connection;
    private final RepeatedFailures repeated = new RepeatedFailures();
    private @Nullable Future<?> windowEnds;

    ExchangeLog(int connection) {
        this.connection = connection;
    }

    /**
     * A request failed. Visitors without a good token are no failure of the service, and there may be many: debug.
     * The cause's stack is of use where it is the application's own, or where somebody looks for it.
     */
    void failed(Exchange exchange, OriginFailure failure, String message, @Nullable Throwable cause) {
        boolean told = failure != OriginFailure.ACCESS_DENIED
                && isToBeTold(
                        exchange.eventLoop(),
                        new RepeatedFailures.Kind(exchange.match().index(), failure.name()));
        if (!told && !LOG.isDebugEnabled()) {
            return;
        }
        Object[] parts = {
            connection,
            exchange.streamId(),
            exchange.match().index(),
            LogText.safe(exchange.request().method()),
            LogText.safe(exchange.request().authority()),
            path(exchange.request().target()),
            exchange.hasBegunResponse() ? "cut off" : Integer.toString(exchange.statusFor(failure)),
            failure,
            LogText.line(message),
            failure == OriginFailure.HANDLER_FAILED || LOG.isDebugEnabled() ? cause : null
        };
        if (told) {
            LOG.warn(FAILED, parts);
        } else {
            LOG.debug(FAILED, parts);
        }
    }

    private boolean isToBeTold(EventLoop loop, RepeatedFailures.Kind kind) {
        if (windowEnds == null) {
            windowEnds = loop.schedule(this::endWindow, WINDOW.toNanos(), TimeUnit.NANOSECONDS);
        }
        return repeated.isToBeTold(kind);
    }

    private void endWindow() {
        windowEnds = null;
        repeated.takeUntold()
                .forEach((kind, count) -> LOG.warn(
                        "conn={} rule={} {}: {} more requests failed like the {} before; they are told at debug only",
                        connection,
                        kind.rule() < 0 ? "none" : kind.rule(),
                        kind.what(),
                        count,
                        RepeatedFailures.TOLD));
    }

    /** The connection is over: what was not told yet is told now. */
    void close() {
        if (windowEnds != null) {
            windowEnds.cancel(false);
            endWindow();
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

    /** A stream that no rule was asked for. */
    void refused(EventLoop loop, int streamId, int status, String reason) {
        boolean told = isToBeTold(loop, new RepeatedFailures.Kind(-1, reason));
        if (told) {
            LOG.warn(REFUSED, connection, streamId, status, reason);
        } else {
            LOG.debug(REFUSED, connection, streamId, status, reason);
        }
    }

    /** The target without its query, which may hold secrets. */
    private static String path(String target) {
        int query = target.indexOf('?');
        return LogText.safe(query < 0 ? target : target.substring(0, query) + "?...");
    }
}
