package dev.adit.tunnel.netty.edge.acceptor;

import dev.adit.tunnel.netty.edge.registry.TunnelRegistry;
import dev.adit.tunnel.netty.edge.registry.TunnelStore;
import dev.adit.tunnel.netty.wire.http2.Liveness;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipeline of an accepted connector: TLS; when that is complete, flushes gathered per read batch, liveness, HTTP/2, and the
 * control stream. HTTP/2 is known beforehand: connectors send no ALPN.
 */
final class AcceptorInitializer extends ChannelInitializer<Channel> {

    private static final Logger LOG = LoggerFactory.getLogger(AcceptorInitializer.class);
    private static final String TLS = "tls";
    private static final String HANDSHAKE = "handshake";
    private static final String FLUSHES = "flushes";
    private static final String LIVENESS = "liveness";
    private static final String HTTP2 = "http2";
    private static final int FLUSHES_GATHERED = 256;

    private final SslContext tls;
    private final ChannelGroup connections;
    private final TunnelStore store;
    private final TunnelRegistry registry;
    private final ReceiveBudget budget;
    private final Duration loginTimeout;

    AcceptorInitializer(
            SslContext tls,
            ChannelGroup connections,
            TunnelStore store,
            TunnelRegistry registry,
            ReceiveBudget budget,
            Duration loginTimeout) {
        this.tls = tls;
        this.connections = connections;
        this.store = store;
        this.registry = registry;
        this.budget = budget;
        this.loginTimeout = loginTimeout;
    }

    @Override
    protected void initChannel(Channel connector) {
        connections.add(connector);
        SslHandler handler = tls.newHandler(connector.alloc());
        handler.setHandshakeTimeoutMillis(loginTimeout.toMillis());
        AcceptedConnection connection = new AcceptedConnection(connector, store, registry);
        connection.startLoginDeadline(loginTimeout);
        connector.pipeline().addLast(TLS, handler).addLast(HANDSHAKE, new Handshake(connection));
    }

    /** Waits for TLS, then makes room for HTTP/2, which writes at once and must not do so earlier. */
    private final class Handshake extends ChannelInboundHandlerAdapter {

        private final AcceptedConnection connection;

        Handshake(AcceptedConnection connection) {
            this.connection = connection;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    TunnelHttp2 http2 = TunnelHttp2.edge(connection, budget);
                    ctx.pipeline()
                            .addLast(FLUSHES, new FlushConsolidationHandler(FLUSHES_GATHERED, true))
                            .addLast(LIVENESS, new Liveness(http2))
                            .addLast(HTTP2, http2)
                            .remove(this);
                    connection.secured(http2);
                } else {
                    LOG.debug("{} TLS failed: {}", connection, String.valueOf(handshake.cause()));
                    ctx.close();
                }
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("{} failed before it spoke HTTP/2: {}", connection, String.valueOf(cause));
            ctx.close();
        }
    }
}
