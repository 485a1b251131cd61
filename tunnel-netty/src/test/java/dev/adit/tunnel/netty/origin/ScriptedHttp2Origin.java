package dev.adit.tunnel.netty.origin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/2 origin, on Netty's own handler, that answers each frame as a script says. */
final class ScriptedHttp2Origin implements AutoCloseable {

    /** Called on the connection's event loop for each frame of a stream. */
    @FunctionalInterface
    interface Script {
        void on(Frame frame);
    }

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final AtomicInteger connections = new AtomicInteger();
    private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
    private final Channel listener;
    private final Script script;
    private final Http2Settings settings;

    ScriptedHttp2Origin(Script script) {
        this(new Http2Settings(), null, script);
    }

    ScriptedHttp2Origin(Http2Settings settings, SslContext tls, Script script) {
        this.settings = settings;
        this.script = script;
        listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls == null) {
                            channel.pipeline().addLast(newConnection().handler);
                            return;
                        }
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        channel.pipeline().addLast(new ApplicationProtocolNegotiationHandler("none") {
                            @Override
                            protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
                                if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                                    ctx.pipeline().addLast(newConnection().handler);
                                } else {
                                    ctx.close();
                                }
                            }
                        });
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    private Connection newConnection() {
        return new Connection(connections.incrementAndGet());
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    int connections() {
        return connections.get();
    }

    /** Waits for what a script noted. */
    String note() throws InterruptedException {
        String note = notes.poll(20, TimeUnit.SECONDS);
        if (note == null) {
            throw new AssertionError("the origin noted nothing");
        }
        return note;
    }

    void note(String text) {
        notes.add(text);
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** One frame, and the answers to it. */
    static final class Frame {
        private final Connection connection;
        final String kind;
        final int stream;
        final Http2Headers headers;
        final String text;
        final boolean end;

        Frame(Connection connection, String kind, int stream, Http2Headers headers, String text, boolean end) {
            this.connection = connection;
            this.kind = kind;
            this.stream = stream;
            this.headers = headers;
            this.text = text;
            this.end = end;
        }

        /** The how-manieth connection this is, from 1. */
        int connection() {
            return connection.number;
        }

        String path() {
            return headers == null || headers.path() == null
                    ? ""
                    : headers.path().toString();
        }

        boolean isRequest() {
            return kind.equals("HEADERS") && headers.method() != null;
        }

        void head(boolean endStream, String... namesAndValues) {
            headOn(stream, endStream, namesAndValues);
        }

        void headOn(int other, boolean endStream, String... namesAndValues) {
            Http2Headers sent = new DefaultHttp2Headers(false);
            for (int i = 0; i < namesAndValues.length; i += 2) {
                sent.add(namesAndValues[i], namesAndValues[i + 1]);
            }
            connection.handler.encoder().writeHeaders(connection.ctx, other, sent, 0, endStream, promise());
            connection.ctx.channel().flush();
        }

        void data(String body, boolean endStream) {
            connection
                    .handler
                    .encoder()
                    .writeData(
                            connection.ctx,
                            stream,
                            Unpooled.copiedBuffer(body, StandardCharsets.ISO_8859_1),
                            0,
                            endStream,
                            promise());
            connection.ctx.channel().flush();
        }

        void ok(String body) {
            head(false, ":status", "200");
            data(body, true);
        }

        void reset(Http2Error error) {
            connection.handler.encoder().writeRstStream(connection.ctx, stream, error.code(), promise());
            connection.ctx.channel().flush();
        }

        void goAway(int lastStream) {
            connection.handler.goAway(
                    connection.ctx, lastStream, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, promise());
            connection.ctx.channel().flush();
        }

        /** The sockets of this side take no more of the body's bytes: no window is given back. */
        void withholdCredit() {
            connection.withholding = stream;
        }

        void close() {
            connection.ctx.channel().close();
        }

        /** Runs where frames may be written from outside the script. */
        void connectionLoop(Runnable task) {
            connection.ctx.executor().execute(task);
        }

        private io.netty.channel.ChannelPromise promise() {
            return connection.ctx.newPromise();
        }
    }

    final class Connection extends Http2FrameAdapter {
        private final int number;
        private final Http2ConnectionHandler handler;
        private ChannelHandlerContext ctx;
        private int withholding;

        Connection(int number) {
            this.number = number;
            handler = new Http2ConnectionHandlerBuilder()
                    .server(true)
                    .initialSettings(new Http2Settings().copyFrom(settings))
                    .gracefulShutdownTimeoutMillis(0)
                    .frameListener(this)
                    .build();
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext context, Http2Settings received) {
            ctx = context;
            context.channel().closeFuture().addListener(done -> notes.add("closed " + number));
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int streamId,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean end) {
            script.on(new Frame(this, "HEADERS", streamId, headers, "", end));
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean end) {
            script.on(new Frame(this, "HEADERS", streamId, headers, "", end));
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean end) {
            int bytes = data.readableBytes();
            script.on(new Frame(this, "DATA", streamId, null, data.toString(StandardCharsets.ISO_8859_1), end));
            return withholding == streamId ? 0 : bytes + padding;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode) {
            notes.add("reset " + streamId + " " + errorCode);
        }
    }
}
