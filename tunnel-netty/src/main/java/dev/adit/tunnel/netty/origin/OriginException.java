package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a request cannot go on: the leg that failed and a message for the log. Never thrown at callers of a proxy. */
public final class OriginException extends Exception {

    private final OriginFailure failure;

    /**
     * Makes one.
     *
     * @param failure which leg failed
     * @param message fact, cause and next step; no secret
     * @param cause what led to it, null if there is nothing more to know
     */
    public OriginException(OriginFailure failure, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.failure = failure;
    }

    /** The origin answered something that cannot be passed on, or broke off. */
    static OriginException broken(OriginAddress origin, boolean begun, String what, @Nullable Throwable cause) {
        if (begun) {
            return new OriginException(
                    OriginFailure.RESPONSE_CUT_SHORT,
                    "Origin " + origin + " broke its response off: " + what
                            + ". The visitor sees it break off. Look at the service's log.",
                    cause);
        }
        return new OriginException(
                OriginFailure.RESPONSE_INVALID,
                "Origin " + origin + " gave no valid HTTP/1.1 response: " + what
                        + ". Look at the service's log, and whether it speaks HTTP there.",
                cause);
    }

    /**
     * A socket file cannot be connected to. The transports have exceptions of their own, but the system's words stand in
     * all of them.
     */
    static OriginException unreachableFile(OriginAddress origin, @Nullable Throwable cause) {
        String reason = text(cause);
        String what;
        if (reason.contains("No such file")) {
            what = " has no socket file. Start the service, or correct the rule's path.";
        } else if (reason.contains("refused")) {
            what = " has nobody who listens on its file: the service has ended, or the file is no socket."
                    + " Start the service, or correct the rule's path.";
        } else if (reason.contains("ermission denied")) {
            what = " may not be opened by this user. Permit it to write to the file and to pass its directories.";
        } else if (reason.contains("too long")) {
            what = " has a longer path than the system takes (about 100 bytes). Move the socket file.";
        } else {
            what = " cannot be reached (" + reason + "). Start the service, or correct the rule's path.";
        }
        return new OriginException(OriginFailure.CONNECT_FAILED, "Origin " + origin + what, cause);
    }

    /**
     * The origin took the request and did not begin to answer.
     *
     * @param origin where it listens
     * @param limit the time it had
     * @return what to tell
     */
    public static OriginException silent(OriginAddress origin, Duration limit) {
        return new OriginException(
                OriginFailure.RESPONSE_TIMED_OUT,
                "Origin " + origin + " did not answer within " + limit.toMillis()
                        + " ms. Look at the service, or raise the rule's responseTimeout.",
                null);
    }

    /**
     * Returns which leg failed.
     *
     * @return as given
     */
    public OriginFailure failure() {
        return failure;
    }

    /**
     * Returns what a person can read of any exception.
     *
     * @param cause any, null if there is none
     * @return its message, or its kind if it has none
     */
    public static String text(@Nullable Throwable cause) {
        if (cause == null) {
            return "no reason known";
        }
        @Nullable String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
