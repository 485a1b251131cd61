package dev.adit.tunnel.netty.connector.dial;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.TunnelException;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * TLS towards the edge: TLS 1.2 or 1.3, the name {@value #SERVER_NAME} asked for and verified, no ALPN. Source:
 * cloudflared 2026.8.2, {@code connection/protocol.go}. Immutable.
 */
public final class EdgeTls {

    /** The name every edge proves, wherever it is. */
    public static final String SERVER_NAME = "h2.cftunnel.com";

    private static final String CLOUDFLARE_ROOTS = "cloudflare-origin-roots.pem";

    private final SslContext context;
    private final Duration handshakeTimeout;
    private final boolean verifyName;

    /**
     * Prepares TLS.
     *
     * @param trust whom to take for the edge
     * @param handshakeTimeout limit for the handshake
     * @throws TunnelException if this JVM cannot do it
     */
    public EdgeTls(EdgeTrust trust, Duration handshakeTimeout) {
        this.handshakeTimeout = handshakeTimeout;
        this.verifyName = trust.publicAuthorities() || !trust.authorities().isEmpty();
        try {
            this.context = SslContextBuilder.forClient()
                    .trustManager(trustManager(trust))
                    .protocols("TLSv1.3", "TLSv1.2")
                    .endpointIdentificationAlgorithm(verifyName ? "HTTPS" : "")
                    .build();
        } catch (GeneralSecurityException | IOException e) {
            throw new TunnelException(
                    "TLS towards the edge cannot be set up: " + e.getMessage() + ". Check the given authorities.", e);
        }
    }

    /**
     * Makes the handler for one connection.
     *
     * @param alloc the channel's allocator
     * @param port the edge's port
     * @return a handler that has not started yet
     */
    SslHandler newHandler(ByteBufAllocator alloc, int port) {
        SslHandler handler = context.newHandler(alloc, SERVER_NAME, port);
        handler.setHandshakeTimeout(handshakeTimeout.toMillis(), TimeUnit.MILLISECONDS);
        return handler;
    }

    /** Cloudflare's published origin authorities, bundled as data. */
    static List<X509Certificate> cloudflareRoots() throws GeneralSecurityException, IOException {
        try (InputStream in = EdgeTls.class.getResourceAsStream(CLOUDFLARE_ROOTS)) {
            if (in == null) {
                throw new IOException(CLOUDFLARE_ROOTS + " is missing from the jar");
            }
            List<X509Certificate> roots = new ArrayList<>();
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                roots.add((X509Certificate) certificate);
            }
            return roots;
        }
    }

    private static TrustManager trustManager(EdgeTrust trust) throws GeneralSecurityException, IOException {
        List<X509Certificate> authorities = new ArrayList<>(trust.authorities());
        if (trust.publicAuthorities()) {
            authorities.addAll(cloudflareRoots());
            authorities.addAll(List.of(extended(factory(null)).getAcceptedIssuers()));
        }
        X509ExtendedTrustManager chain = authorities.isEmpty() ? null : extended(factory(store(authorities)));
        if (trust.pins().isEmpty() && chain != null) {
            return chain;
        }
        return new PinnedTrustManager(trust.pins(), chain);
    }

    private static KeyStore store(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("authority-" + i, authorities.get(i));
        }
        return store;
    }

    @SuppressWarnings("NullAway") // A null key store stands for the system's authorities.
    private static TrustManagerFactory factory(@org.jspecify.annotations.Nullable KeyStore store)
            throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private static X509ExtendedTrustManager extended(TrustManagerFactory factory) throws SSLException {
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                return extended;
            }
        }
        throw new SSLException("The JVM's " + TrustManagerFactory.getDefaultAlgorithm() + " gives no "
                + X509TrustManager.class.getSimpleName());
    }
}
