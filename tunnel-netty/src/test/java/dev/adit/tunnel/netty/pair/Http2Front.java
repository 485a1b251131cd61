package dev.adit.tunnel.netty.pair;

import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.UserHeaders;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where visitors who speak HTTP/2 in the clear come in: each of their streams becomes one of a connector's connection, as
 * it is, and nothing is answered here. The serialised headers of a response become plain ones, as an edge has to do.
 */
public final class Http2Front implements AutoCloseable {

    private final ScriptedEdge.Connection connector;
    private final Channel listener;

    /** Listens; everything runs on the connection's event loop. */
    public Http2Front(ScriptedEdge.Connection connector, EventLoops loops) throws InterruptedException {
        this.connector = connector;
        listener = new ServerBootstrap()
                .group(connector.eventLoop())
                .channel(loops.serverChannel())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(TunnelHttp2.connector(new Visitors(), new ReceiveBudget(1 << 26)));
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    public int port() {
        return ((java.net.InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
    }

    private final class Visitors implements ConnectionOwner {

        @Override
        public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
            return new Relay(stream, copy(headers), endStream).fromVisitor;
        }

        @Override
        public void onClosed(@Nullable Throwable cause) {}
    }

    /** One request and its response. */
    private final class Relay {

        private final Half fromVisitor;
        private final Half fromConnector;

        Relay(TunnelStream visitor, Http2Headers head, boolean endStream) {
            fromVisitor = new Half(visitor);
            fromConnector = new Half(null);
            TunnelStream opened = connector.open(head, endStream, fromConnector);
            fromConnector.stream = opened;
            fromConnector.other = fromVisitor;
            fromVisitor.other = fromConnector;
            if (opened == null) {
                visitor.reset(Http2Error.REFUSED_STREAM);
            } else {
                opened.flush();
            }
        }
    }

    /** What comes from one side, and goes to the other. */
    private static final class Half implements StreamReceiver {

        private @Nullable TunnelStream stream;
        private Half other;
        private boolean headSeen;
        private int owed;

        Half(@Nullable TunnelStream stream) {
            this.stream = stream;
            this.headSeen = stream != null; // a visitor's head has opened the stream
        }

        @Override
        public void onHeaders(Http2Headers headers, boolean endStream) {
            TunnelStream to = other.stream;
            if (to != null) {
                to.writeHeaders(headSeen ? copy(headers) : head(headers), endStream);
                to.flush();
            }
        }

        private Http2Headers head(Http2Headers headers) {
            headSeen = headers.status().charAt(0) != '1';
            Http2Headers head = new DefaultHttp2Headers(false).status(headers.status());
            CharSequence serialised = headers.get(TunnelHeaders.RESPONSE_HEADERS);
            if (serialised != null) {
                try {
                    var fields = UserHeaders.decode(serialised).iteratorCharSequence();
                    while (fields.hasNext()) {
                        Map.Entry<CharSequence, CharSequence> field = fields.next();
                        head.add(AsciiString.of(field.getKey()).toLowerCase(), field.getValue());
                    }
                } catch (MalformedHeadersException e) {
                    throw new IllegalStateException(e);
                }
            }
            return head;
        }

        @Override
        public void onData(ByteBuf data, boolean endStream) {
            TunnelStream to = other.stream;
            owed += data.readableBytes();
            if (to == null) {
                data.release();
            } else {
                to.writeData(data, endStream);
                to.flush();
            }
            credit();
        }

        /** Gives credit for what the other side takes. */
        private void credit() {
            TunnelStream from = stream;
            if (from != null && owed > 0 && (other.stream == null || other.stream.isWritable())) {
                int bytes = owed;
                owed = 0;
                from.consumed(bytes);
            }
        }

        @Override
        public void onWritabilityChanged() {
            other.credit();
        }

        @Override
        public void onReset(long errorCode) {
            stream = null;
            TunnelStream to = other.stream;
            other.stream = null;
            if (to != null) {
                Http2Error error = errorCode < 0 ? Http2Error.INTERNAL_ERROR : Http2Error.valueOf(errorCode);
                to.reset(error == null ? Http2Error.INTERNAL_ERROR : error);
            }
        }
    }

    private static Http2Headers copy(Http2Headers headers) {
        Http2Headers copy = new DefaultHttp2Headers(false);
        headers.forEach(field -> copy.add(AsciiString.of(field.getKey()), AsciiString.of(field.getValue())));
        return copy;
    }
}
