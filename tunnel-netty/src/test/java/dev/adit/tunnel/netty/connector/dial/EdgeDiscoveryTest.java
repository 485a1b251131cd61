package dev.adit.tunnel.netty.connector.dial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.EdgeIpVersion;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.netty.connector.TunnelConnector;
import dev.adit.tunnel.netty.connector.event.TunnelEvents;
import dev.adit.tunnel.netty.origin.OriginResources;
import dev.adit.tunnel.netty.origin.handler.HandlerExecutors;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import dev.adit.tunnel.spi.EdgeLink;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cloudflare's edge looked up at name servers made by the test. */
class EdgeDiscoveryTest {

    private static final EventLoops LOOPS = EventLoops.owned("discovery-test", 1);
    private static final String SERVICE = "_v2-origintunneld._tcp.argotunnel.com";
    private static final ServiceRecord ONE = new ServiceRecord(1, 1, 7844, "region1.v2.argotunnel.com");
    private static final ServiceRecord TWO = new ServiceRecord(2, 1, 7844, "region2.v2.argotunnel.com");

    private final Map<String, List<String>> names = new ConcurrentHashMap<>(Map.of(
            "region1.v2.argotunnel.com", List.of("2001:db8::1", "192.0.2.1", "192.0.2.2"),
            "region2.v2.argotunnel.com", List.of("198.51.100.1")));

    private NameServer udp;
    private NameServer tls;
    private X509Bundle authority;
    private final AtomicLong now = new AtomicLong();

    @BeforeEach
    void startNameServers() throws Exception {
        udp = NameServer.overUdp();
        authority = authority();
        tls = NameServer.overTls(server("cloudflare-dns.com"));
    }

    @AfterEach
    void stopNameServers() {
        udp.close();
        tls.close();
    }

    @AfterAll
    static void stopLoops() {
        LOOPS.close();
    }

    @Test
    void theTwoTargetsOfTheServiceAreTheRegions() throws Exception {
        udp.knows(SERVICE, TWO, new ServiceRecord(9, 1, 7844, "region3.v2.argotunnel.com"), ONE);
        assertThat(sites(discovery(null, EdgeIpVersion.AUTO)))
                .containsExactly(
                        new EdgeSite(
                                "region1.v2.argotunnel.com:7844",
                                0,
                                List.of(at("2001:db8::1"), at("192.0.2.1"), at("192.0.2.2"))),
                        new EdgeSite("region2.v2.argotunnel.com:7844", 1, List.of(at("198.51.100.1"))));
        assertThat(tls.asked()).isZero();
    }

    @Test
    void targetsOfOnePriorityAreDrawnByWeight() throws Exception {
        udp.knows(
                SERVICE,
                new ServiceRecord(1, 0, 1, "never"),
                new ServiceRecord(1, 5, 1, "a"),
                new ServiceRecord(1, 5, 1, "b"));
        names.putAll(Map.of("a", List.of("192.0.2.1"), "b", List.of("192.0.2.2"), "never", List.of("192.0.2.3")));
        EdgeDiscovery discovery = discovery(null, EdgeIpVersion.AUTO);
        Set<String> first = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            first.add(sites(discovery).get(0).name());
            now.addAndGet(EdgeDiscovery.KEEP.plusSeconds(1).toNanos());
        }
        assertThat(first).containsExactlyInAnyOrder("a:1", "b:1");
    }

    @Test
    void aRegionHasAServiceOfItsOwn() throws Exception {
        udp.knows("_us-v2-origintunneld._tcp.argotunnel.com", ONE);
        assertThat(sites(discovery("us", EdgeIpVersion.AUTO))).hasSize(1);
    }

    @Test
    void oneFamilyAloneIsUsedWhereThatIsAsked() throws Exception {
        udp.knows(SERVICE, ONE, TWO);
        assertThat(sites(discovery(null, EdgeIpVersion.IPV4)))
                .flatExtracting(EdgeSite::addresses)
                .containsExactly(at("192.0.2.1"), at("192.0.2.2"), at("198.51.100.1"));
        assertThat(sites(discovery(null, EdgeIpVersion.IPV6)))
                .flatExtracting(EdgeSite::addresses)
                .containsExactly(at("2001:db8::1"));
        names.remove("region1.v2.argotunnel.com");
        assertThatThrownBy(() -> sites(discovery(null, EdgeIpVersion.IPV6))).isInstanceOf(TunnelException.class);
    }

    @Test
    void whereTheSystemDoesNotAnswerTlsDoes() throws Exception {
        tls.knows(SERVICE, ONE, TWO);
        assertThat(sites(discovery(null, EdgeIpVersion.AUTO))).hasSize(2);
        assertThat(udp.asked()).isPositive();
        assertThat(tls.asked()).isEqualTo(1);
    }

    @Test
    void aTlsServerThatIsAnotherIsNotAsked() throws Exception {
        try (NameServer other = NameServer.overTls(server("other.test"))) {
            other.knows(SERVICE, ONE, TWO);
            EdgeDiscovery discovery = new EdgeDiscovery(
                    null,
                    system(),
                    overTls(other),
                    new SiteResolver(resolver(), EdgeIpVersion.AUTO, straight()),
                    now::get);
            assertThatThrownBy(() -> sites(discovery))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("cloudflare-dns.com");
            assertThat(other.asked()).isZero();
        }
    }

    @Test
    void whenNobodyKnowsTheFailureSaysWhatToDo() {
        assertThatThrownBy(() -> sites(discovery("fed", EdgeIpVersion.AUTO)))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("_fed-v2-origintunneld._tcp.argotunnel.com")
                .hasMessageContaining("it answered ServFail")
                .hasMessageContaining("TUNNEL_EDGE");
    }

    @Test
    void theAnswerIsKeptAWhileAndUsedOnWhenLaterOnesFail() throws Exception {
        udp.knows(SERVICE, ONE);
        EdgeDiscovery discovery = discovery(null, EdgeIpVersion.AUTO);
        assertThat(sites(discovery)).hasSize(1);
        now.addAndGet(Duration.ofMinutes(4).toNanos());
        assertThat(sites(discovery)).hasSize(1);
        assertThat(udp.asked()).isEqualTo(1);
        now.addAndGet(Duration.ofMinutes(2).toNanos());
        udp.knows(SERVICE, ONE, TWO);
        assertThat(sites(discovery)).hasSize(2);
        udp.knowsNothing();
        now.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(sites(discovery)).hasSize(2);
    }

    @Test
    void aTunnelJoinsAnEdgeThatWasFoundThisWay() throws Exception {
        EventLog events = new EventLog();
        NameResolver resolver = resolver();
        HandlerExecutors handlers = HandlerExecutors.ownThreads();
        try (TunnelEdge edge = TunnelEdge.builder().start()) {
            int port = edge.connectorAddress().getPort();
            TunnelCredentials credentials = edge.createTunnel("t");
            udp.knows(SERVICE, new ServiceRecord(1, 1, port, "one.test"), new ServiceRecord(2, 1, port, "two.test"));
            names.putAll(Map.of("one.test", List.of("127.0.0.1"), "two.test", List.of("127.0.0.1")));
            TunnelEvents told = new TunnelEvents(List.of(events), null);
            TunnelConnector connector = new TunnelConnector(
                    credentials,
                    new TunnelConnector.Edge(
                            discovery(null, EdgeIpVersion.AUTO),
                            straight(),
                            new EdgeLink(2, null, EdgeIpVersion.AUTO, null, null, null, null),
                            edge.trust(),
                            Duration.ofSeconds(15),
                            Duration.ofSeconds(10)),
                    new TunnelConnector.Rules(Ingress.of(IngressRule.otherwise(Origin.status(204))), null, false),
                    LOOPS,
                    new OriginResources(LOOPS.channel(), resolver, handlers),
                    told);
            connector.start().get(20, TimeUnit.SECONDS);
            events.awaitState(TunnelState.HEALTHY);
            assertThat(connector.connections())
                    .extracting(ConnectionInfo::index)
                    .containsExactly(0, 1);
            connector.close(Duration.ZERO).get(20, TimeUnit.SECONDS);
            told.close();
        } finally {
            handlers.close();
        }
    }

    private EdgeDiscovery discovery(@Nullable String region, EdgeIpVersion ipVersion) {
        return new EdgeDiscovery(
                region, system(), overTls(tls), new SiteResolver(resolver(), ipVersion, straight()), now::get);
    }

    private WayOut straight() {
        return WayOut.straight(resolver());
    }

    private SystemDns system() {
        return new SystemDns(new SingletonDnsServerAddressStreamProvider(udp.address()));
    }

    private DnsOverTls overTls(NameServer server) {
        return new DnsOverTls(LOOPS.channel(), straight(), server.address(), DnsOverTls.CLOUDFLARE_NAME, trust());
    }

    /** Names of the test; a clock of its own, so that nothing is kept. */
    private NameResolver resolver() {
        long[] clock = new long[1];
        return new NameResolver(
                this::lookUp, () -> clock[0] += Duration.ofHours(1).toNanos(), Runnable::run);
    }

    private List<InetAddress> lookUp(String host) throws UnknownHostException {
        List<String> known = names.get(host);
        if (known == null) {
            throw new UnknownHostException(host);
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String ip : known) {
            addresses.add(InetAddress.getByName(ip));
        }
        return addresses;
    }

    private static List<EdgeSite> sites(EdgeDiscovery discovery) throws Exception {
        try {
            return discovery.sites(LOOPS.group().next()).get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception known ? known : e;
        }
    }

    private static InetSocketAddress at(String ip) {
        return new InetSocketAddress(ip, 7844);
    }

    private static X509Bundle authority() throws Exception {
        return new CertificateBuilder()
                .subject("CN=name servers")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    private SslContext server(String name) throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName(name)
                .buildIssuedBy(authority);
        return SslContextBuilder.forServer(certificate.getKeyPair().getPrivate(), certificate.getCertificatePath())
                .build();
    }

    private TrustManagerFactory trust() {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("authority", authority.getCertificate());
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
