package dev.adit.tunnel.netty.connector.dial;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuery;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.handler.codec.dns.TcpDnsQueryEncoder;
import io.netty.handler.codec.dns.TcpDnsResponseDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks one name server over TLS (RFC 7858), on the event loop: for networks whose own name servers do not answer. Safe for use by several threads.
 */
final class DnsOverTls implements ServiceLookup {

    /** Cloudflare's public resolver. Source: cloudflared 2026.8.2, {@code edgediscovery/allregions/discovery.go}. */
    static final InetSocketAddress CLOUDFLARE = new InetSocketAddress("1.1.1.1", 853);

    /** Whose certificate it has. Same source. */
    static final String CLOUDFLARE_NAME = "cloudflare-dns.com";

    private static final Duration LIMIT = Duration.ofSeconds(15);

    private final Class<? extends SocketChannel> channelType;
    private final WayOut wayOut;
    private final InetSocketAddress server;
    private final String serverName;
    private final @Nullable TrustManagerFactory trust;

    /** Prepares questions; the system's authorities are trusted where none are given. */
    DnsOverTls(
            Class<? extends SocketChannel> channelType,
            WayOut wayOut,
            InetSocketAddress server,
            String serverName,
            @Nullable TrustManagerFactory trust) {
        this.wayOut = wayOut;
        this.channelType = channelType;
        this.server = server;
        this.serverName = serverName;
        this.trust = trust;
    }

    @Override
    public CompletableFuture<List<ServiceRecord>> find(String name, EventLoop loop) {
        CompletableFuture<List<ServiceRecord>> found = new CompletableFuture<>();
        SslContext tls;
        try {
            SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS");
            tls = (trust == null ? builder : builder.trustManager(trust)).build();
        } catch (SSLException e) {
            return CompletableFuture.failedFuture(e);
        }
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) LIMIT.toMillis());
        ChannelInitializer<Channel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                SslHandler handler = tls.newHandler(channel.alloc(), serverName, server.getPort());
                handler.setHandshakeTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS);
                handler.handshakeFuture().addListener(secured -> {
                    if (!secured.isSuccess()) {
                        found.completeExceptionally(secured.cause());
                    }
                });
                channel.pipeline()
                        .addLast(handler)
                        .addLast(new TcpDnsQueryEncoder())
                        .addLast(new TcpDnsResponseDecoder())
                        .addLast(new Answer(found));
                channel.closeFuture()
                        .addListener(
                                closed -> found.completeExceptionally(new IOException("it closed the connection")));
            }
        };
        wayOut.connect(bootstrap, initializer, server, LIMIT).whenComplete((channel, failure) -> {
            if (failure != null) {
                found.completeExceptionally(failure);
                return;
            }
            loop.schedule(() -> channel.close(), LIMIT.toSeconds(), TimeUnit.SECONDS);
            DnsQuery query = new DefaultDnsQuery(0)
                    .setRecursionDesired(true)
                    .setRecord(DnsSection.QUESTION, new DefaultDnsQuestion(name + ".", DnsRecordType.SRV));
            channel.writeAndFlush(query);
        });
        return found;
    }

    /** Takes the one answer and closes. */
    private static final class Answer extends SimpleChannelInboundHandler<DnsResponse> {

        private final CompletableFuture<List<ServiceRecord>> found;

        Answer(CompletableFuture<List<ServiceRecord>> found) {
            this.found = found;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DnsResponse response) {
            List<ServiceRecord> records = new ArrayList<>();
            for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
                DnsRecord answer = response.recordAt(DnsSection.ANSWER, i);
                if (answer.type().equals(DnsRecordType.SRV) && answer instanceof DnsRawRecord raw) {
                    records.add(ServiceRecord.read(raw.content().duplicate()));
                }
            }
            if (records.isEmpty()) {
                DnsResponseCode code = response.code();
                found.completeExceptionally(new IOException(
                        code.equals(DnsResponseCode.NOERROR) ? "it has no SRV record" : "it answered " + code));
            } else {
                found.complete(records);
            }
            ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            found.completeExceptionally(cause);
            ctx.close();
        }
    }
}
