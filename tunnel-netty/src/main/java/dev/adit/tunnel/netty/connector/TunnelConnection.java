package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.netty.connector.dial.EdgeAddresses;
import dev.adit.tunnel.netty.connector.event.ConnectionRecording;
import dev.adit.tunnel.netty.connector.register.ControlStream;
import dev.adit.tunnel.netty.connector.serve.StreamDispatcher;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.Liveness;
import dev.adit.tunnel.netty.wire.http2.PeerSilentException;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one connection, from the dialled socket to its end. Lives on one event loop.
 *
 * <pre>
 * OPENING -> REGISTERING -> REGISTERED -> UNREGISTERING -> DRAINING -> CLOSED
 *    any state but CLOSED -> CLOSED when the socket, the control stream or a deadline is lost
 * </pre>
 */
final class TunnelConnection implements ConnectionOwner, ControlStream.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(TunnelConnection.class);

    /** How many flushes may be joined to one write; also joined across the reads of one turn of the event loop. */
    private static final int FLUSHES_TO_JOIN = 256;

    /** How long an edge that has nothing more to do may take to close a drained connection before we do. */
    private static final Duration EDGE_CLOSES_WITHIN = Duration.ofSeconds(1);

    /** How long before the end of the grace period WebSockets are told; a quarter of it if that is less. */
    private static final Duration TELL_BEFORE_END = Duration.ofSeconds(5);

    /** How long what was written may take to leave before the socket is closed over it. */
    private static final Duration WRITE_OUT_WITHIN = Duration.ofSeconds(1);

    /** A connection that was registered for less and served nothing counts as a failed attempt. */
    private static final Duration OF_USE_AFTER = Duration.ofSeconds(10);

    private enum State {
        OPENING,
        REGISTERING,
        REGISTERED,
        UNREGISTERING,
        DRAINING,
        CLOSED
    }

    /** Who is told how the connection fares; on the event loop. */
    interface Listener {

        /** The edge has accepted the registration. */
        void registered(TunnelConnection connection, ConnectionInfo info);

        /** The connection has ended; the reason says why, for people and for {@link Backoff}. */
        void closed(TunnelConnection connection, TunnelException reason);
    }

    private final ConnectorContext context;
    private final int index;
    private final int previousAttempts;
    private final EdgeAddresses.Choice choice;
    private final InetSocketAddress edge;
    private final EventLoop loop;
    private final Listener listener;
    private final StreamDispatcher dispatcher;
    private final TunnelHttp2 http2;

    private State state = State.OPENING;
    private @Nullable Channel channel;
    private @Nullable ControlStream control;
    private @Nullable ConnectionInfo info;
    private long registeredAt;
    private boolean silent;
    private @Nullable ConnectionRecording recording;
    private @Nullable Future<?> deadline;
    private @Nullable Future<?> goodbye;
    private @Nullable TunnelException failure;

    TunnelConnection(
            ConnectorContext context,
            int index,
            int previousAttempts,
            EdgeAddresses.Choice choice,
            EventLoop loop,
            Listener listener) {
        this.context = context;
        this.index = index;
        this.previousAttempts = previousAttempts;
        this.choice = choice;
        this.edge = choice.address();
        this.loop = loop;
        this.listener = listener;
        this.dispatcher = new StreamDispatcher(
                index, context.ingress(), context.configuration(), context.events(), this::closeIfDrained);
        this.http2 = TunnelHttp2.connector(this, context.budget());
    }

    /** Dials. */
    void open() {
        context.dialer().dial(choice, loop, this::encrypted).whenComplete((opened, cause) -> {
            if (cause != null) {
                closed(cause instanceof TunnelException known ? known : new TunnelException(cause.toString(), cause));
            }
        });
    }

    private void encrypted(Channel opened) {
        if (state == State.CLOSED) {
            opened.close();
            return;
        }
        channel = opened;
        LOG.debug("conn={} open to {}", index, edge);
        context.events().publish(new TunnelEvent.ConnectionOpened(Instant.now(), index, edge));
        deadline = loop.schedule(
                () -> giveUp(new TunnelException("The edge " + name() + " opened no control stream within "
                        + context.controlStreamTimeout().toSeconds() + " s. Is this address a tunnel edge?")),
                context.controlStreamTimeout().toNanos(),
                TimeUnit.NANOSECONDS);
        opened.pipeline()
                .addLast(new FlushConsolidationHandler(FLUSHES_TO_JOIN, true))
                .addLast(new Liveness(http2))
                .addLast(http2);
    }

    @Override
    public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
        StreamKind kind = StreamKind.of(headers);
        if (kind != StreamKind.CONTROL || control != null) {
            return dispatcher.dispatch(kind, stream, headers, endStream);
        }
        CharSequence edgeFeatures = headers.get(TunnelHeaders.EDGE_FEATURES);
        dispatcher.edgeTakesInterim(
                edgeFeatures != null && edgeFeatures.toString().contains(TunnelHeaders.FEATURE_INTERIM));
        ControlStream opened = new ControlStream(stream, this);
        control = opened;
        register(opened);
        return opened;
    }

    private void register(ControlStream opened) {
        cancelDeadline();
        state = State.REGISTERING;
        opened.register(
                        context.credentials(),
                        index,
                        context.identity()
                                .options(
                                        localAddress(),
                                        previousAttempts,
                                        context.configuration().isAccepted()),
                        context.registrationTimeout())
                .whenComplete((details, cause) -> {
                    if (state != State.REGISTERING) {
                        return;
                    }
                    if (details == null) {
                        context.events().registrationFailed(String.valueOf(cause));
                        giveUp(
                                cause instanceof TunnelException known
                                        ? known
                                        : new TunnelException("Registration failed: " + cause, cause));
                    } else {
                        registered(opened, details);
                    }
                });
    }

    private void registered(ControlStream opened, ConnectionDetails details) {
        state = State.REGISTERED;
        ConnectionInfo accepted =
                new ConnectionInfo(index, details.uuid(), edge, details.locationName(), Instant.now());
        info = accepted;
        registeredAt = System.nanoTime();
        recording = ConnectionRecording.begun();
        listener.registered(this, accepted);
        if (index == 0 && !details.remotelyManaged()) {
            opened.reportConfiguration(
                            LocalConfiguration.of(context.ingress().ingress()), context.registrationTimeout())
                    .whenComplete((done, cause) -> {
                        context.events().configurationReported(cause == null);
                        if (cause != null) {
                            LOG.debug(
                                    "conn={} the edge did not take note of the rules: {}. Requests are served all the same.",
                                    index,
                                    LogText.line(String.valueOf(cause.getMessage())));
                        }
                    });
        }
    }

    /**
     * Unregisters, lets running requests finish, closes. Shortly before the deadline WebSockets are told to close; what
     * still runs at the deadline is cut by {@link #cut}.
     *
     * @param grace limit for the edge's answer
     */
    void drain(Duration grace) {
        ControlStream opened = control;
        if (state != State.REGISTERED || opened == null) {
            giveUp(new TunnelException("The tunnel was closed."));
            return;
        }
        state = State.UNREGISTERING;
        goodbye = loop.schedule(dispatcher::goingAway, untilTold(grace).toNanos(), TimeUnit.NANOSECONDS);
        LOG.info("conn={} draining: {} requests running", index, dispatcher.running());
        opened.unregister(grace).whenComplete((done, cause) -> {
            if (state != State.UNREGISTERING) {
                return;
            }
            if (cause != null) {
                LOG.debug(
                        "conn={} the edge did not confirm the end: {}",
                        index,
                        LogText.line(String.valueOf(cause.getMessage())));
            }
            state = State.DRAINING;
            opened.end();
            closeIfDrained();
        });
    }

    private static Duration untilTold(Duration grace) {
        Duration quarter = grace.dividedBy(4);
        return grace.minus(quarter.compareTo(TELL_BEFORE_END) < 0 ? quarter : TELL_BEFORE_END);
    }

    private void closeIfDrained() {
        if (state == State.DRAINING && dispatcher.running() == 0 && deadline == null) {
            deadline = loop.schedule(
                    () -> {
                        deadline = null;
                        if (dispatcher.running() == 0) {
                            closeWhenWritten();
                        }
                    },
                    EDGE_CLOSES_WITHIN.toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    /** Closes once everything has been handed to the network; soon in any case, since the edge may not be reading. */
    private void closeWhenWritten() {
        Channel open = channel;
        if (open != null) {
            open.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            loop.schedule(() -> open.close(), WRITE_OUT_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** Breaks running requests off and closes. */
    List<CloseReport.CutRequest> cut() {
        List<CloseReport.CutRequest> cut = dispatcher.cutRunning();
        giveUp(new TunnelException("The tunnel was closed."));
        return cut;
    }

    @Override
    public void controlStreamLost(String reason) {
        if (state != State.CLOSED) {
            giveUp(new TunnelException("The control stream was lost: " + reason + "."));
        }
    }

    @Override
    public void onReadComplete() {
        dispatcher.onReadComplete();
    }

    @Override
    public void onClosed(@Nullable Throwable cause) {
        silent = cause instanceof PeerSilentException;
        closed(new TunnelException(
                cause == null
                        ? "The edge " + name() + " closed the connection."
                        : "The connection to the edge " + name() + " broke: " + cause.getMessage() + ".",
                cause));
    }

    private void giveUp(TunnelException reason) {
        if (failure == null) {
            failure = reason;
        }
        Channel open = channel;
        if (open == null) {
            closed(reason);
        } else {
            closeWhenWritten();
        }
    }

    private void closed(TunnelException reason) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        cancelDeadline();
        dispatcher.close();
        if (goodbye != null) {
            goodbye.cancel(false);
        }
        TunnelException why = failure == null ? reason : failure;
        if (recording != null && info != null) {
            recording.ended(info, why.getMessage());
        }
        listener.closed(this, why);
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private @Nullable InetAddress localAddress() {
        return channel != null && channel.localAddress() instanceof InetSocketAddress local ? local.getAddress() : null;
    }

    private String name() {
        return edge.getHostString() + ":" + edge.getPort();
    }

    int index() {
        return index;
    }

    InetSocketAddress edge() {
        return edge;
    }

    /** Whether TCP and TLS were up at some time. */
    boolean wasReached() {
        return channel != null;
    }

    /** Whether it ended because nothing was heard of the edge any more. */
    boolean wasSilent() {
        return silent;
    }

    /** Whether the edge refused it because it has this connector's connection already. */
    boolean isDuplicate() {
        return control != null && control.isDuplicate();
    }

    /** Whether it was registered and then lived long enough, or served something: its loss is no failed attempt. */
    boolean wasOfUse() {
        return info != null && (dispatcher.hasServed() || System.nanoTime() - registeredAt >= OF_USE_AFTER.toNanos());
    }
}
