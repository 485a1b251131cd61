/** The Netty transport of Adit. Exports nothing: it is reached through the providers it declares. */
module dev.adit.tunnel.netty {
    requires dev.adit.tunnel;
    requires static org.jspecify;
    requires com.fasterxml.jackson.core;
    requires static com.nimbusds.jose.jwt;
    requires re2j;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.codec.http2;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires static io.netty.transport.classes.epoll;
    requires static io.netty.transport.classes.io_uring;
    requires static io.netty.transport.classes.kqueue;
    requires jdk.net;
    requires org.slf4j;

    provides dev.adit.tunnel.spi.TunnelClientProvider with
            dev.adit.tunnel.netty.NettyTunnelClientProvider;
    provides dev.adit.tunnel.spi.TunnelEdgeProvider with
            dev.adit.tunnel.netty.NettyTunnelEdgeProvider;
}
