package dev.adit.tunnel.benchmarks.path;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** An HTTP/1.1 server on loopback that gives every request the same answer: origin of the tunnel, and its baseline. */
final class PlainServer implements AutoCloseable {

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final HttpResponseStatus status;
    private final ByteBuf body;
    private final Channel listening;

    /**
     * Starts listening on a free port.
     *
     * @param answer what to answer
     */
    PlainServer(Answer answer) {
        status = HttpResponseStatus.valueOf(answer.status());
        body = Unpooled.unreleasableBuffer(Unpooled.directBuffer(Math.max(1, answer.bodyBytes()))
                .writeZero(answer.bodyBytes())
                .asReadOnly());
        listening = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel visitor) {
                        visitor.pipeline().addLast(new HttpServerCodec(), new Answering());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    /**
     * Where it listens.
     *
     * @return loopback and the port
     */
    InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Closes the listener and its connections. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Answering extends SimpleChannelInboundHandler<HttpObject> {

        @Override
        protected void channelRead0(ChannelHandlerContext visitor, HttpObject part) {
            if (part instanceof LastHttpContent) {
                FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body.duplicate());
                if (body.isReadable()) {
                    response.headers()
                            .set(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream")
                            .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
                }
                visitor.writeAndFlush(response);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext visitor, Throwable cause) {
            visitor.close();
        }
    }
}
