package dev.adit.tunnel.netty.edge.acceptor;

import dev.adit.tunnel.netty.edge.certificate.EdgeIdentity;
import dev.adit.tunnel.netty.wire.LogText;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.RegistrationServer;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import dev.adit.tunnel.netty.wire.rpc.RpcProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the first stream of a connection and carries the RPC between it and {@link RegistrationServer}. The edge's side
 * of the stream stays open until the connection closes. Runs on the connection's event loop.
 */
final class ControlStreamOpener implements StreamReceiver {

    private static final Logger LOG = LoggerFactory.getLogger(ControlStreamOpener.class);
    private static final AsciiString OK = AsciiString.cached("200");
    private static final AsciiString AUTHORITY = AsciiString.cached(EdgeIdentity.SERVER_NAME);
    private static final AsciiString ROOT_PATH = AsciiString.cached("/");
    private static final AsciiString GET = AsciiString.cached("GET");
    private static final AsciiString HTTPS = AsciiString.cached("https");
    private static final AsciiString FEATURES = AsciiString.cached(TunnelHeaders.FEATURE_INTERIM);

    /** Octets of answers that may wait for a connector that reads none. */
    private static final int MAX_UNREAD = 256 * 1024;

    private final AcceptedConnection connection;
    private final RegistrationServer rpc;
    private @Nullable TunnelStream stream;
    private boolean answered;
    private int unread;

    ControlStreamOpener(AcceptedConnection connection, RegistrationService service) {
        this.connection = connection;
        this.rpc = new RegistrationServer(service, connection.channel().eventLoop(), this::send);
    }

    void open(TunnelHttp2 http2) {
        Http2Headers headers = new DefaultHttp2Headers()
                .method(GET)
                .scheme(HTTPS)
                .authority(AUTHORITY)
                .path(ROOT_PATH)
                .set(TunnelHeaders.EDGE_FEATURES, FEATURES);
        StreamKind.CONTROL.mark(headers);
        stream = http2.open(headers, false, this);
        if (stream == null) {
            connection.controlStreamEnded("it could not be opened");
        } else {
            stream.flush();
        }
    }

    /** Whether the stream counts among the connection's active ones. */
    boolean isOpen() {
        return stream != null;
    }

    void connectionClosed() {
        stream = null;
        rpc.close();
    }

    /** Takes ownership of the message. */
    private void send(ByteBuf message) {
        if (stream == null) {
            message.release();
        } else if (unread > MAX_UNREAD) {
            message.release();
            ended("the connector asks on and reads no answers");
        } else {
            unread += stream.isWritable() ? 0 : message.readableBytes();
            stream.writeData(message, false);
            stream.flush();
        }
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        if (!answered && !OK.contentEquals(headers.status())) {
            LOG.warn(
                    "{} answered the control stream with status {}.",
                    connection,
                    LogText.safe(String.valueOf(headers.status())));
            ended("it was refused");
        } else if (endStream) {
            ended("the connector ended it");
        }
        answered = true;
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        try {
            rpc.receive(data);
        } catch (RpcProtocolException e) {
            LOG.warn("{} broke the rules of the control stream: {} Closing it.", connection, e.getMessage());
            ended("protocol error");
            return;
        } finally {
            data.release();
        }
        if (stream != null) {
            stream.consumed(bytes);
        }
        if (endStream) {
            ended("the connector ended it");
        }
    }

    @Override
    public void onWritabilityChanged() {
        if (stream != null && stream.isWritable()) {
            unread = 0;
        }
    }

    @Override
    public void onReset(long errorCode) {
        stream = null;
        rpc.close();
        connection.controlStreamEnded("reset with code " + errorCode);
    }

    /** The connector's side is over; ours is given up with it, so that the stream no longer counts. */
    private void ended(String how) {
        rpc.close();
        TunnelStream ending = stream;
        stream = null;
        if (ending != null) {
            ending.reset(Http2Error.NO_ERROR);
        }
        connection.controlStreamEnded(how);
    }
}
