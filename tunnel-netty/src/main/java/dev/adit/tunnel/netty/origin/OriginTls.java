package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.TunnelException;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS towards one origin: whom to trust, and which name to ask for and verify. Safe for use by several threads. */
final class OriginTls {

    private static final ApplicationProtocolConfig HTTP_2_OR_1 = new ApplicationProtocolConfig(
            ApplicationProtocolConfig.Protocol.ALPN,
            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
            ApplicationProtocolNames.HTTP_2,
            ApplicationProtocolNames.HTTP_1_1);

    private static final Logger LOG = LoggerFactory.getLogger(OriginTls.class);

    private final SslContext context;
    private final SslContext http2Context;
    private final OriginAddress address;
    private final long handshakeMillis;

    /**
     * Reads {@link OriginOptions#caPool()} and the system's roots.
     *
     * @throws TunnelException if they cannot be used
     */
    OriginTls(OriginAddress address, OriginOptions options) {
        this.address = address;
        handshakeMillis = options.tlsTimeout().toMillis();
        try {
            SslContextBuilder builder = SslContextBuilder.forClient();
            if (options.noTlsVerify()) {
                LOG.warn(
                        "Origin {}: its certificate is not verified (noTlsVerify). Anyone in between can read and"
                                + " change requests. Set caPool instead.",
                        address);
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
            } else {
                builder.endpointIdentificationAlgorithm("HTTPS");
                @Nullable Path caPool = options.caPool();
                if (caPool != null) {
                    builder.trustManager(withSystemRoots(caPool));
                }
            }
            context = builder.build();
            http2Context = builder.applicationProtocolConfig(HTTP_2_OR_1).build();
        } catch (SSLException e) {
            throw new TunnelException("Origin " + address + ": TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    /**
     * Makes the handler of one connection.
     *
     * @param serverName the name to ask for and verify
     * @param offerHttp2 whether to offer HTTP/2 besides HTTP/1.1
     */
    SslHandler newHandler(ByteBufAllocator allocator, String serverName, boolean offerHttp2) {
        SslContext chosen = offerHttp2 ? http2Context : context;
        SslHandler handler = chosen.newHandler(allocator, serverName, address.port());
        handler.setHandshakeTimeoutMillis(handshakeMillis);
        if (!NetUtil.isValidIpV4Address(serverName) && serverName.indexOf(':') < 0) {
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setServerNames(sni(serverName));
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }

    /** A name that cannot stand in SNI (an underscore, say) is verified all the same, only not asked for. */
    private static List<SNIServerName> sni(String name) {
        try {
            return List.of(new SNIHostName(name));
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }

    private static TrustManagerFactory withSystemRoots(Path caPool) {
        try {
            KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
            roots.load(null, null);
            TrustManagerFactory system = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            system.init((KeyStore) null);
            for (TrustManager manager : system.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    for (X509Certificate root : x509.getAcceptedIssuers()) {
                        roots.setCertificateEntry("system-" + roots.size(), root);
                    }
                }
            }
            for (Certificate root : read(caPool)) {
                roots.setCertificateEntry("pool-" + roots.size(), root);
            }
            TrustManagerFactory both = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            both.init(roots);
            return both;
        } catch (IOException | GeneralSecurityException e) {
            throw new TunnelException(
                    "caPool '" + caPool + "' cannot be read as PEM certificates: " + OriginException.text(e)
                            + ". Correct the file or leave the setting out.",
                    e);
        }
    }

    private static Collection<? extends Certificate> read(Path caPool) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(caPool)) {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (found.isEmpty()) {
                throw new IOException("it holds no certificate");
            }
            return found;
        }
    }
}
