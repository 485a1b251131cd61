package dev.adit.tunnel.netty.connector.event;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** One request in a flight recording, from its first byte here to its end. Holds no query, which may hold secrets. */
@Name("dev.adit.Request")
@Label("Tunnel Request")
@Description("A visitor's request and its response")
@Category("Adit")
@StackTrace(false)
public final class RequestRecording extends Event {

    @Label("Connection")
    @Description("Index of the tunnel connection")
    int connection;

    @Label("Stream")
    int stream;

    @Label("Rule")
    @Description("Index of the ingress rule")
    int rule;

    @Label("Method")
    @Nullable
    String method;

    @Label("Host")
    @Nullable
    String host;

    @Label("Path")
    @Nullable
    String path;

    @Label("Status")
    @Description("The status sent to the visitor, 0 if none was")
    int status;

    @Label("Failure")
    @Nullable
    String failure;

    @Label("Request Bytes")
    @DataAmount
    long requestBytes;

    @Label("Response Bytes")
    @DataAmount
    long responseBytes;

    private RequestRecording() {}

    /**
     * Begins to record a request.
     *
     * @return null while nobody records requests
     */
    public static @Nullable RequestRecording begun() {
        RequestRecording event = new RequestRecording();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    /**
     * Ends the recording, if it is long enough to be kept.
     *
     * @param where connection, stream and rule
     * @param what method, host and path
     * @param how how it ended
     */
    public void ended(Where where, What what, How how) {
        end();
        if (!shouldCommit()) {
            return;
        }
        connection = where.connection();
        stream = where.stream();
        rule = where.rule();
        method = what.method();
        host = what.host();
        path = what.path();
        status = how.status();
        failure = how.failure();
        requestBytes = how.requestBytes();
        responseBytes = how.responseBytes();
        commit();
    }

    /**
     * Where a request was served.
     *
     * @param connection index of the tunnel connection
     * @param stream its stream id
     * @param rule index of the ingress rule
     */
    public record Where(int connection, int stream, int rule) {}

    /**
     * What was asked for.
     *
     * @param method its method
     * @param host the visitor's host
     * @param path without its query
     */
    public record What(String method, String host, String path) {}

    /**
     * How it ended.
     *
     * @param status sent to the visitor, 0 if none was
     * @param failure what went wrong, null if nothing did
     * @param requestBytes of the request's body
     * @param responseBytes of the response's body, as far as they were sent
     */
    public record How(int status, @Nullable String failure, long requestBytes, long responseBytes) {}
}
