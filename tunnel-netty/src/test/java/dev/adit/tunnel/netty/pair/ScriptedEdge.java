package dev.adit.tunnel.netty.pair;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.netty.edge.certificate.EdgeIdentity;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationServer;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An edge that does what a test says: real TLS and HTTP/2, but its answers and its faults are scripted. */
public final class ScriptedEdge implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 20;

    private final EdgeIdentity identity;
    private final EventLoops loops = EventLoops.owned("scripted-edge", 1);
    private final BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
    private final Channel listener;

    /**
     * Listens.
     *
     * @param service answers the RPC; null to open no control stream
     */
    public ScriptedEdge(@Nullable RegistrationService service) throws InterruptedException {
        this(service, EdgeIdentity.made());
    }

    /** Listens as another machine of the same edge. */
    public ScriptedEdge(@Nullable RegistrationService service, ScriptedEdge other) throws InterruptedException {
        this(service, other.identity);
    }

    private ScriptedEdge(@Nullable RegistrationService service, EdgeIdentity identity) throws InterruptedException {
        this.identity = identity;
        listener = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(identity.tls().newHandler(channel.alloc()));
                        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                                if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
                                    ctx.pipeline().remove(this);
                                    connections.add(new Connection(channel, service));
                                }
                            }
                        });
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** What its connections run on. */
    public EventLoops loops() {
        return loops;
    }

    public EdgeTrust trust() {
        return EdgeTrust.only(identity.authorities());
    }

    /** The next connection that a connector has made. */
    public Connection next() throws InterruptedException {
        Connection connection = connections.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (connection == null) {
            throw new AssertionError("No connector came");
        }
        return connection;
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        connections.forEach(connection -> connection.channel.close());
        loops.close();
    }

    /** Lets every connector in. */
    public static RegistrationService accepting() {
        return new RegistrationService() {
            @Override
            public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
                return CompletableFuture.completedFuture(
                        new ConnectionDetails(UUID.fromString("0c7ad1b8-2c1f-4a34-a3e9-cb3ad5d0fd10"), "tst01", true));
            }

            @Override
            public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public CompletionStage<Void> unregisterConnection() {
                return CompletableFuture.completedFuture(null);
            }
        };
    }

    /** One connector's connection. */
    public static final class Connection implements ConnectionOwner {

        private final Channel channel;
        private final TunnelHttp2 http2;
        private final CompletableFuture<Void> closed = new CompletableFuture<>();
        private @Nullable TunnelStream control;

        Connection(Channel channel, @Nullable RegistrationService service) {
            this.channel = channel;
            this.http2 = TunnelHttp2.edge(this, new ReceiveBudget(1 << 24));
            channel.pipeline().addLast(http2);
            if (service != null) {
                openControl(service);
            }
        }

        private void openControl(RegistrationService service) {
            Http2Headers head = request("GET", "/");
            StreamKind.CONTROL.mark(head);
            Answer ignored = new Answer();
            RegistrationServer rpc = new RegistrationServer(service, channel.eventLoop(), message -> {
                if (control == null) {
                    message.release();
                } else {
                    control.writeData(message, false);
                    control.flush();
                }
            });
            control = http2.open(head, false, new StreamReceiver() {
                @Override
                public void onHeaders(Http2Headers headers, boolean endStream) {
                    ignored.onHeaders(headers, endStream);
                }

                @Override
                public void onData(ByteBuf data, boolean endStream) {
                    int bytes = data.readableBytes();
                    rpc.receive(data);
                    data.release();
                    if (control != null) {
                        control.consumed(bytes);
                    }
                }

                @Override
                public void onWritabilityChanged() {}

                @Override
                public void onReset(long errorCode) {
                    control = null;
                }
            });
            channel.flush();
        }

        /** The one thread of this connection. */
        public EventLoop eventLoop() {
            return channel.eventLoop();
        }

        /** Opens a stream, on the event loop; null if the connection can open none. */
        public @Nullable TunnelStream open(Http2Headers head, boolean endStream, StreamReceiver receiver) {
            return http2.open(head, endStream, receiver);
        }

        /** Sends a request without body and waits for the whole answer. */
        public Answer send(Http2Headers head) throws Exception {
            return send(head, null);
        }

        /** Sends a request and waits for the whole answer. */
        public Answer send(Http2Headers head, @Nullable String body) throws Exception {
            Answer answer = new Answer();
            channel.eventLoop().execute(() -> {
                TunnelStream stream = http2.open(head, body == null, answer);
                if (stream != null && body != null) {
                    stream.writeData(Unpooled.copiedBuffer(body, StandardCharsets.UTF_8), true);
                }
                channel.flush();
            });
            answer.complete.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return answer;
        }

        public void resetControl() {
            channel.eventLoop().execute(() -> {
                if (control != null) {
                    control.reset(Http2Error.INTERNAL_ERROR);
                }
            });
        }

        /** Closes the connection from this side. */
        public void close() {
            channel.close();
        }

        public void awaitClosed() throws Exception {
            closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
            throw new AssertionError("A connector opens no streams");
        }

        @Override
        public void onClosed(@Nullable Throwable cause) {
            closed.complete(null);
        }
    }

    public static Http2Headers request(String method, String path) {
        return new DefaultHttp2Headers(false)
                .method(method)
                .scheme("https")
                .path(path)
                .authority("app.test");
    }

    /** What came back on one stream. */
    public static final class Answer implements StreamReceiver {

        private final CompletableFuture<Void> complete = new CompletableFuture<>();
        private final StringBuilder body = new StringBuilder();
        private String status = "";
        private @Nullable Http2Headers headers;
        private long reset = -1;

        public String status() {
            return status;
        }

        public Http2Headers headers() {
            return headers;
        }

        public String body() {
            return body.toString();
        }

        public long reset() {
            return reset;
        }

        @Override
        public void onHeaders(Http2Headers received, boolean endStream) {
            if (headers == null) {
                headers = received;
                status = received.status().toString();
            }
            end(endStream);
        }

        @Override
        public void onData(ByteBuf data, boolean endStream) {
            body.append(data.toString(StandardCharsets.UTF_8));
            data.release();
            end(endStream);
        }

        @Override
        public void onWritabilityChanged() {}

        @Override
        public void onReset(long errorCode) {
            reset = errorCode;
            end(true);
        }

        private void end(boolean ended) {
            if (ended) {
                complete.complete(null);
            }
        }
    }
}
