package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.netty.connector.event.TunnelEvents;
import dev.adit.tunnel.netty.origin.ProxiedRequest;
import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives each new stream of a connection, but the control stream, to what serves its kind, and knows which requests are
 * running. Lives on the connection's event loop.
 */
public final class StreamDispatcher {

    private final int connection;
    private final ActiveIngress ingress;
    private final RemoteConfiguration configuration;
    private final TunnelEvents events;
    private final ExchangeLog log;
    private final Runnable idle;
    private final Set<Exchange> running = new LinkedHashSet<>();
    private final List<Exchange> toFlush = new ArrayList<>();
    private boolean edgeTakesInterim;
    private boolean served;

    /**
     * Makes the dispatcher of one connection.
     *
     * @param connection its index, for the log
     * @param ingress the rules
     * @param configuration takes what the edge pushes
     * @param events told of completed requests
     * @param idle run whenever the last running request has ended
     */
    public StreamDispatcher(
            int connection,
            ActiveIngress ingress,
            RemoteConfiguration configuration,
            TunnelEvents events,
            Runnable idle) {
        this.connection = connection;
        this.ingress = ingress;
        this.configuration = configuration;
        this.events = events;
        this.log = new ExchangeLog(connection);
        this.idle = idle;
    }

    /**
     * Takes a new stream.
     *
     * @param kind any but {@link StreamKind#CONTROL}
     * @param stream the stream
     * @param headers its request headers
     * @param endStream whether nothing follows
     * @return who takes what follows on the stream
     */
    public StreamReceiver dispatch(StreamKind kind, TunnelStream stream, Http2Headers headers, boolean endStream) {
        return switch (kind) {
            case CONFIGURATION -> new ConfigurationStream(stream, configuration, endStream);
            case TCP -> privateStream(stream, headers, endStream);
            case CONTROL ->
                refuse(
                        stream,
                        HttpResponseStatus.BAD_REQUEST,
                        "a connection has one control stream, this is a second one");
            case HTTP, WEBSOCKET -> proxy(kind, stream, headers, endStream);
        };
    }

    private StreamReceiver privateStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
        ActiveIngress.@Nullable Match match = ingress.privateStreams();
        if (match == null) {
            return refuse(
                    stream,
                    HttpResponseStatus.BAD_GATEWAY,
                    "private TCP streams are off; nothing was configured for them");
        }
        ProxiedRequest request = RequestHead.readPrivateStream(headers, endStream);
        return request == null
                ? refuse(stream, HttpResponseStatus.BAD_GATEWAY, "its authority is no address and port")
                : begin(stream, request, match);
    }

    private StreamReceiver proxy(StreamKind kind, TunnelStream stream, Http2Headers headers, boolean endStream) {
        ProxiedRequest request = RequestHead.read(headers, kind == StreamKind.WEBSOCKET, endStream);
        if (request == null) {
            return refuse(
                    stream, HttpResponseStatus.BAD_REQUEST, "its method, path or authority is not legal in HTTP/1.1");
        }
        return begin(stream, request, ingress.match(request.authority(), request.target()));
    }

    private StreamReceiver begin(TunnelStream stream, ProxiedRequest request, ActiveIngress.Match match) {
        Exchange exchange = new Exchange(this, stream, request, match);
        running.add(exchange);
        served = true;
        events.requestBegan();
        exchange.begin();
        return exchange;
    }

    private StreamReceiver refuse(TunnelStream stream, HttpResponseStatus status, String reason) {
        log.refused(stream.eventLoop(), stream.id(), status.code(), reason);
        stream.writeHeaders(ResponseHeaders.failure(status.code(), ResponseMeta.CONNECTOR), true);
        stream.flush();
        return new Discard(stream);
    }

    /** Sends what the frames of one batch led to. Called at the batch's end. */
    public void onReadComplete() {
        for (int i = 0; i < toFlush.size(); i++) {
            toFlush.get(i).flushToOrigin();
        }
        toFlush.clear();
    }

    /**
     * Says whether the edge passes interim responses such as 103 on; others than 100 are kept from edges that do not.
     *
     * @param value what the edge announced
     */
    public void edgeTakesInterim(boolean value) {
        edgeTakesInterim = value;
    }

    boolean edgeTakesInterim() {
        return edgeTakesInterim;
    }

    /**
     * Tells whether any request came.
     *
     * @return whether one was passed to a rule
     */
    public boolean hasServed() {
        return served;
    }

    /**
     * Returns how many requests are running.
     *
     * @return zero or more
     */
    public int running() {
        return running.size();
    }

    /** Tells those who can be told that the tunnel closes soon: WebSockets get a close with 1001. */
    public void goingAway() {
        List.copyOf(running).forEach(Exchange::goingAway);
    }

    /**
     * Breaks off every running request.
     *
     * @return what was cut
     */
    public List<CloseReport.CutRequest> cutRunning() {
        List<CloseReport.CutRequest> cut = new ArrayList<>();
        for (Exchange exchange : List.copyOf(running)) {
            cut.add(exchange.cut());
        }
        return cut;
    }

    /** The connection is over. */
    public void close() {
        log.close();
    }

    void flushAfterBatch(Exchange exchange) {
        toFlush.add(exchange);
    }

    void ended(Exchange exchange) {
        if (running.remove(exchange) && running.isEmpty()) {
            idle.run();
        }
    }

    int connection() {
        return connection;
    }

    TunnelEvents events() {
        return events;
    }

    ExchangeLog log() {
        return log;
    }
}
