package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.netty.transport.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsResponse;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.handler.codec.dns.TcpDnsQueryDecoder;
import io.netty.handler.codec.dns.TcpDnsResponseEncoder;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server on loopback that knows SRV records alone, over UDP or over TLS. */
final class NameServer implements AutoCloseable {

    private static final long TTL = 300;

    private final Map<String, List<ServiceRecord>> services = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final MultiThreadIoEventLoopGroup udpLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoops loops = EventLoops.owned("name-server", 1);
    private final Channel listener;

    private NameServer(boolean udp, SslContext tls) throws InterruptedException {
        listener = udp
                ? new Bootstrap()
                        .group(udpLoop)
                        .channel(NioDatagramChannel.class)
                        .handler(new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline()
                                        .addLast(new DatagramDnsQueryDecoder())
                                        .addLast(new DatagramDnsResponseEncoder())
                                        .addLast(new Answers());
                            }
                        })
                        .bind("127.0.0.1", 0)
                        .sync()
                        .channel()
                : new ServerBootstrap()
                        .group(loops.group())
                        .channel(loops.serverChannel())
                        .childHandler(new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline()
                                        .addLast(tls.newHandler(channel.alloc()))
                                        .addLast(new TcpDnsQueryDecoder())
                                        .addLast(new TcpDnsResponseEncoder())
                                        .addLast(new Answers());
                            }
                        })
                        .bind("127.0.0.1", 0)
                        .sync()
                        .channel();
    }

    static NameServer overUdp() throws InterruptedException {
        return new NameServer(true, null);
    }

    static NameServer overTls(SslContext tls) throws InterruptedException {
        return new NameServer(false, tls);
    }

    /** From now on a service has these records; none make its name unknown. */
    void knows(String name, ServiceRecord... records) {
        services.put(name, List.of(records));
    }

    /** From now on every question is answered SERVFAIL. */
    void knowsNothing() {
        services.clear();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    int asked() {
        return asked.get();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        udpLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        loops.close();
    }

    /** Answers one question after the other. */
    private final class Answers extends SimpleChannelInboundHandler<DnsQuery> {

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DnsQuery query) {
            asked.incrementAndGet();
            DefaultDnsQuestion question = query.recordAt(DnsSection.QUESTION);
            DnsResponse response = query instanceof DatagramDnsQuery datagram
                    ? new DatagramDnsResponse(datagram.recipient(), datagram.sender(), query.id())
                    : new DefaultDnsResponse(query.id());
            response.addRecord(DnsSection.QUESTION, question);
            String name = question.name().substring(0, question.name().length() - 1);
            List<ServiceRecord> records = services.get(name);
            if (records == null || !question.type().equals(DnsRecordType.SRV)) {
                response.setCode(DnsResponseCode.SERVFAIL);
            } else {
                for (ServiceRecord record : records) {
                    response.addRecord(
                            DnsSection.ANSWER,
                            new DefaultDnsRawRecord(question.name(), DnsRecordType.SRV, TTL, data(record)));
                }
            }
            ctx.writeAndFlush(response);
        }

        private static ByteBuf data(ServiceRecord record) {
            ByteBuf data = Unpooled.buffer();
            data.writeShort(record.priority()).writeShort(record.weight()).writeShort(record.port());
            for (String label : record.target().split("\\.", -1)) {
                data.writeByte(label.length()).writeCharSequence(label, StandardCharsets.US_ASCII);
            }
            return data.writeByte(0);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(ctx.channel() instanceof NioDatagramChannel)) {
                ctx.close();
            }
        }
    }
}
