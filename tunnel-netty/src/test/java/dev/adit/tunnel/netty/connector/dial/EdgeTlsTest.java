package dev.adit.tunnel.netty.connector.dial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.transport.EventLoops;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who is taken for the edge, and who is not: the connector against servers with all kinds of certificates. */
class EdgeTlsTest {

    private static final EventLoops LOOPS = EventLoops.owned("edge-tls-test", 1);
    private static final NameResolver RESOLVER = new NameResolver();

    private static X509Bundle authority;
    private static X509Bundle stranger;

    @BeforeAll
    static void makeAuthorities() throws Exception {
        authority = authority("CN=authority");
        stranger = authority("CN=stranger");
    }

    @AfterAll
    static void close() {
        LOOPS.close();
        RESOLVER.close();
    }

    @Test
    void theRightNameFromATrustedAuthorityIsTaken() throws Exception {
        X509Bundle edge = leaf("h2.cftunnel.com").buildIssuedBy(authority);
        assertThat(dial(edge, trusting(authority)).isActive()).isTrue();
    }

    @Test
    void anotherNameFromATrustedAuthorityIsNot() throws Exception {
        refused(leaf("other.cftunnel.com").buildIssuedBy(authority), trusting(authority), "h2.cftunnel.com");
    }

    @Test
    void anAuthorityThatIsNotTrustedIsNot() throws Exception {
        refused(leaf("h2.cftunnel.com").buildIssuedBy(stranger), trusting(authority), "edgeTrust");
    }

    @Test
    void aCertificateThatHasExpiredIsNot() throws Exception {
        X509Bundle expired = leaf("h2.cftunnel.com")
                .notBefore(Instant.now().minus(Duration.ofDays(20)))
                .notAfter(Instant.now().minus(Duration.ofDays(1)))
                .buildIssuedBy(authority);
        refused(expired, trusting(authority), "h2.cftunnel.com");
    }

    @Test
    void aPinnedCertificateIsTakenWhoeverSignedIt() throws Exception {
        X509Bundle edge = leaf("own.test").buildIssuedBy(stranger);
        String pin = PinnedTrustManager.fingerprint(edge.getCertificate());
        assertThat(dial(edge, EdgeTrust.pinned(pin)).isActive()).isTrue();
    }

    @Test
    void anotherThanThePinnedOneIsNot() throws Exception {
        String pin = PinnedTrustManager.fingerprint(authority.getCertificate());
        refused(leaf("h2.cftunnel.com").buildIssuedBy(authority), EdgeTrust.pinned(pin), "not pinned");
    }

    @Test
    void aPinDoesNotReplaceTheAuthority() throws Exception {
        X509Bundle edge = leaf("h2.cftunnel.com").buildIssuedBy(stranger);
        String pin = PinnedTrustManager.fingerprint(edge.getCertificate());
        refused(edge, new EdgeTrust(false, List.of(authority.getCertificate()), List.of(pin)), "edgeTrust");
    }

    private static void refused(X509Bundle edge, EdgeTrust trust, String says) {
        assertThatThrownBy(() -> dial(edge, trust))
                .hasRootCauseInstanceOf(Exception.class)
                .extracting(e -> e instanceof CompletionException ? e.getCause() : e)
                .isInstanceOfSatisfying(
                        TunnelException.class,
                        e -> assertThat(e).hasMessageContaining("127.0.0.1").hasMessageContaining(says));
    }

    /** Dials a server with that certificate; the channel is closed when the test's loops are. */
    private static Channel dial(X509Bundle certificate, EdgeTrust trust) throws Exception {
        SslContext tls = SslContextBuilder.forServer(
                        certificate.getKeyPair().getPrivate(), certificate.getCertificatePath())
                .build();
        Channel server = new ServerBootstrap()
                .group(LOOPS.group())
                .channel(LOOPS.serverChannel())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()), new ChannelInboundHandlerAdapter() {
                            @Override
                            public void exceptionCaught(ChannelHandlerContext ctx, Throwable refusal) {
                                ctx.close();
                            }
                        });
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
        try {
            EdgeDialer dialer = new EdgeDialer(
                    LOOPS.channel(),
                    new EdgeTls(trust, Duration.ofSeconds(10)),
                    WayOut.straight(RESOLVER),
                    Duration.ofSeconds(10));
            return dialer.dial(
                            new EdgeAddresses.Choice((InetSocketAddress) server.localAddress(), false),
                            LOOPS.group().next(),
                            channel -> {})
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join();
        } finally {
            server.close().sync();
        }
    }

    private static EdgeTrust trusting(X509Bundle one) {
        return EdgeTrust.only(List.of(one.getCertificate()));
    }

    private static X509Bundle authority(String name) throws Exception {
        return new CertificateBuilder()
                .subject(name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    private static CertificateBuilder leaf(String dnsName) {
        return new CertificateBuilder().subject("CN=leaf").addSanDnsName(dnsName);
    }
}
