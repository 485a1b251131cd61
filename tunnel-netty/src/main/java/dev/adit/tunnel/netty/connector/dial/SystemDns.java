package dev.adit.tunnel.netty.connector.dial;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks the system's name servers, by UDP and where the answer is too long by TCP. Questions are rare, so each has a
 * thread of its own for as long as it takes.
 */
final class SystemDns implements ServiceLookup {

    private static final Duration LIMIT_OF_ONE = Duration.ofSeconds(2);
    private static final int QUERIES = 4;

    private final DnsServerAddressStreamProvider servers;

    SystemDns(DnsServerAddressStreamProvider servers) {
        this.servers = servers;
    }

    @Override
    public CompletableFuture<List<ServiceRecord>> find(String name, EventLoop loop) {
        EventLoopGroup thread = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("adit-discover", true), NioIoHandler.newFactory());
        DnsNameResolver resolver = new DnsNameResolverBuilder(thread.next())
                .datagramChannelType(NioDatagramChannel.class)
                .socketChannelType(NioSocketChannel.class)
                .nameServerProvider(servers)
                .queryTimeoutMillis(LIMIT_OF_ONE.toMillis())
                .maxQueriesPerResolve(QUERIES)
                .build();
        CompletableFuture<List<ServiceRecord>> found = new CompletableFuture<>();
        resolver.resolveAll(new DefaultDnsQuestion(name + ".", DnsRecordType.SRV))
                .addListener((Future<List<DnsRecord>> answered) -> {
                    if (answered.isSuccess()) {
                        complete(found, answered.getNow());
                    } else {
                        found.completeExceptionally(answered.cause());
                    }
                    resolver.close();
                    var unused = thread.shutdownGracefully(0, LIMIT_OF_ONE.toSeconds(), TimeUnit.SECONDS);
                });
        return found;
    }

    private static void complete(CompletableFuture<List<ServiceRecord>> found, List<DnsRecord> answers) {
        List<ServiceRecord> records = new ArrayList<>();
        try {
            for (DnsRecord answer : answers) {
                if (answer.type().equals(DnsRecordType.SRV) && answer instanceof DnsRawRecord raw) {
                    records.add(ServiceRecord.read(raw.content().duplicate()));
                }
            }
        } catch (RuntimeException e) {
            found.completeExceptionally(new IOException("its SRV record cannot be read", e));
            return;
        } finally {
            answers.forEach(ReferenceCountUtil::release);
        }
        if (records.isEmpty()) {
            found.completeExceptionally(new IOException("it has no SRV record"));
        } else {
            found.complete(records);
        }
    }
}
