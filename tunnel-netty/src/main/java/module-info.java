/** The Netty transport of Adit, reached through the providers it declares. Exports its Micrometer binder alone. */
module dev.adit.tunnel.netty {
    requires transitive dev.adit.tunnel;
    requires static org.jspecify;
    requires com.fasterxml.jackson.core;
    requires static com.nimbusds.jose.jwt;
    requires re2j;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.codec.http2;
    requires io.netty.codec.dns;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.handler.proxy;
    requires io.netty.resolver;
    requires io.netty.resolver.dns;
    requires io.netty.transport;
    requires static io.netty.transport.classes.epoll;
    requires static io.netty.transport.classes.io_uring;
    requires static io.netty.transport.classes.kqueue;
    requires static io.netty.transport.unix.common;
    requires jdk.jfr;
    requires jdk.net;
    requires static micrometer.core;
    requires org.slf4j;
    requires org.snakeyaml.engine;

    exports dev.adit.tunnel.netty.metrics;

    provides dev.adit.tunnel.spi.TcpAccessProvider with
            dev.adit.tunnel.netty.NettyTcpAccessProvider;
    provides dev.adit.tunnel.spi.TunnelClientProvider with
            dev.adit.tunnel.netty.NettyTunnelClientProvider;
    provides dev.adit.tunnel.spi.TunnelEdgeProvider with
            dev.adit.tunnel.netty.NettyTunnelEdgeProvider;
}
