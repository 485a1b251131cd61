package dev.adit.tunnel.netty.connector.register;

import dev.adit.tunnel.RegistrationException;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import dev.adit.tunnel.netty.wire.rpc.RpcException;
import dev.adit.tunnel.netty.wire.rpc.RpcProtocolException;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Puts into words why a connection was not registered. */
final class Refusal {

    /** Exact text of an edge that has this connection already. Source: cloudflared, {@code connection/errors.go}. */
    private static final String DUPLICATE = "EDUPCONN";

    private Refusal() {}

    static boolean isDuplicate(ConnectionError refusal) {
        return refusal.cause().equals(DUPLICATE);
    }

    static RegistrationException of(UUID tunnelId, ConnectionError refusal) {
        String cause = printable(refusal.cause());
        Duration wait =
                refusal.retryAfter().isZero() || refusal.retryAfter().isNegative() ? null : refusal.retryAfter();
        boolean retryable = refusal.shouldRetry() || isDuplicate(refusal);
        return new RegistrationException(
                "Registration refused for tunnel " + tunnelId + ": " + cause + ". "
                        + advice(refusal.cause(), retryable),
                retryable,
                wait);
    }

    static TunnelException of(UUID tunnelId, Duration timeout, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        String start = "Registration of tunnel " + tunnelId;
        if (cause instanceof CancellationException) {
            return new TunnelException(
                    start + " was not answered within " + timeout.toMillis() + " ms. The edge may be overloaded;"
                            + " the connection is given up.",
                    cause);
        }
        if (cause instanceof RpcException exception) {
            return new RegistrationException(
                    start + " failed at the edge: " + printable(String.valueOf(exception.getMessage()))
                            + ". If it persists, ask who runs the edge.",
                    true,
                    null);
        }
        if (cause instanceof RpcProtocolException) {
            return new TunnelException(
                    start + " got an answer that is no valid RPC: " + cause.getMessage()
                            + ". Is this address a tunnel edge?",
                    cause);
        }
        return new TunnelException(
                start + " was not answered: "
                        + (cause == null ? "no reason" : printable(String.valueOf(cause.getMessage())))
                        + ". Check the edge.",
                cause);
    }

    private static String advice(String cause, boolean retryable) {
        if (cause.equals(DUPLICATE)) {
            return "The edge has this connection already; another address is tried.";
        }
        if (retryable) {
            return "The edge says that a later attempt may succeed.";
        }
        return cause.toLowerCase(Locale.ROOT).contains("unauthorized")
                ? "The credentials are wrong or belong to a deleted tunnel; fetch a new token."
                : "The token may belong to a deleted tunnel; fetch a new one.";
    }

    /** An edge's text is not trusted to be printable, short, or to end without a full stop. */
    private static String printable(String text) {
        String shown = LogText.safe(text);
        return shown.endsWith(".") ? shown.substring(0, shown.length() - 1) : shown;
    }
}
