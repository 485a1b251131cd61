package dev.adit.tunnel.netty.edge;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.ConnectionOptions;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationClient;
import dev.adit.tunnel.netty.wire.rpc.TunnelAuth;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connector that does what a test says: real TLS, real HTTP/2, real RPC. */
final class ScriptedConnector implements ConnectionOwner, AutoCloseable {

    private static final long PATIENCE_SECONDS = 20;

    final BlockingQueue<ScriptedCall> calls = new LinkedBlockingQueue<>();
    final AtomicInteger requests = new AtomicInteger();
    final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final CompletableFuture<TunnelStream> control = new CompletableFuture<>();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final UUID clientId;
    private final int index;
    private @Nullable Channel channel;
    private @Nullable RegistrationClient rpc;
    private volatile @Nullable Consumer<ScriptedCall> script;

    private ScriptedConnector(UUID clientId, int index) {
        this.clientId = clientId;
        this.index = index;
    }

    static ScriptedConnector dial(TunnelEdge edge) throws Exception {
        return dial(edge, UUID.randomUUID(), 0);
    }

    static ScriptedConnector dial(TunnelEdge edge, UUID clientId, int index) throws Exception {
        ScriptedConnector connector = new ScriptedConnector(clientId, index);
        connector.connect(edge.connectorAddress(), edge);
        return connector;
    }

    /** Dials and registers. */
    static ScriptedConnector join(TunnelEdge edge, TunnelCredentials credentials) throws Exception {
        ScriptedConnector connector = dial(edge);
        connector.register(credentials);
        return connector;
    }

    private void connect(InetSocketAddress address, TunnelEdge edge) throws Exception {
        var tls = SslContextBuilder.forClient()
                .trustManager(edge.trust().authorities())
                .endpointIdentificationAlgorithm("HTTPS")
                .build();
        channel = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel dialled) {
                        SslHandler handler = tls.newHandler(dialled.alloc(), "h2.cftunnel.com", 7844);
                        dialled.pipeline().addLast(handler);
                        handler.handshakeFuture().addListener(done -> {
                            if (done.isSuccess()) {
                                dialled.pipeline()
                                        .addLast(TunnelHttp2.connector(
                                                ScriptedConnector.this, ReceiveBudget.forThisJvm()));
                            }
                        });
                    }
                })
                .connect(address)
                .sync()
                .channel();
        channel.closeFuture().addListener(done -> closed.complete(null));
    }

    ConnectionResponse register(TunnelCredentials credentials) throws Exception {
        RegisterConnection request = new RegisterConnection(
                new TunnelAuth(credentials.accountTag(), credentials.secret()),
                credentials.tunnelId(),
                index,
                new ConnectionOptions(clientId, List.of("serialized_headers"), "test", "any", null, false, 0, 0));
        TunnelStream stream = control.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return onLoop(stream, () -> client().register(request).result().toCompletableFuture());
    }

    void unregister() throws Exception {
        TunnelStream stream = control.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        onLoop(stream, () -> client().unregister().result().toCompletableFuture());
    }

    void resetControlStream() throws Exception {
        TunnelStream stream = control.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        stream.eventLoop().execute(() -> stream.reset(Http2Error.CANCEL));
    }

    private static <T> T onLoop(TunnelStream stream, java.util.function.Supplier<CompletableFuture<T>> action)
            throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        stream.eventLoop().execute(() -> {
            var unused = action.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        });
        return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private RegistrationClient client() {
        return java.util.Objects.requireNonNull(rpc);
    }

    /** Sends a frame as it is given, whatever HTTP/2 says of it. */
    void frame(int type, int flags, int stream, byte[] payload) {
        Channel to = java.util.Objects.requireNonNull(channel);
        ByteBuf frame = Unpooled.buffer(9 + payload.length);
        frame.writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        to.eventLoop().execute(() -> to.pipeline().context(TunnelHttp2.class).writeAndFlush(frame));
    }

    /** What to do with each request, on the event loop, when its head has come. */
    ScriptedConnector onRequest(Consumer<ScriptedCall> action) {
        script = action;
        return this;
    }

    /** The next request that was seen. */
    ScriptedCall next() throws InterruptedException {
        ScriptedCall call = calls.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no request came");
        }
        return call;
    }

    @Override
    public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
        if (StreamKind.of(headers) == StreamKind.CONTROL) {
            RegistrationClient client = new RegistrationClient(message -> {
                stream.writeData(message, false);
                stream.flush();
            });
            rpc = client;
            stream.writeHeaders(new DefaultHttp2Headers().status("200"), false);
            stream.flush();
            control.complete(stream);
            return new ControlReceiver(client, stream);
        }
        requests.incrementAndGet();
        ScriptedCall call = new ScriptedCall(stream, headers, endStream);
        Consumer<ScriptedCall> action = script;
        calls.add(call);
        if (action != null) {
            action.accept(call);
        }
        return call;
    }

    @Override
    public void onClosed(@Nullable Throwable cause) {
        closed.complete(null);
    }

    void awaitClosed() throws Exception {
        closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        if (channel != null) {
            channel.close().sync();
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    private record ControlReceiver(RegistrationClient client, TunnelStream stream) implements StreamReceiver {
        @Override
        public void onHeaders(Http2Headers headers, boolean endStream) {}

        @Override
        public void onData(ByteBuf data, boolean endStream) {
            int bytes = data.readableBytes();
            client.receive(data);
            data.release();
            stream.consumed(bytes);
        }

        @Override
        public void onWritabilityChanged() {}

        @Override
        public void onReset(long errorCode) {
            client.inputClosed();
        }
    }
}
