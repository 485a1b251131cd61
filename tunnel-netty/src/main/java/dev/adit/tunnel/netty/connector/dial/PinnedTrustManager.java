package dev.adit.tunnel.netty.connector.dial;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Accepts a server whose own certificate has one of the pinned fingerprints, and, if authorities are given, whose chain is good too. */
final class PinnedTrustManager extends X509ExtendedTrustManager {

    private final List<String> pins;
    private final @Nullable X509ExtendedTrustManager chain;

    PinnedTrustManager(List<String> pins, @Nullable X509ExtendedTrustManager chain) {
        this.pins = pins;
        this.chain = chain;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String authType, SSLEngine engine)
            throws CertificateException {
        checkPin(certificates);
        if (chain != null) {
            chain.checkServerTrusted(certificates, authType, engine);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String authType, Socket socket)
            throws CertificateException {
        checkPin(certificates);
        if (chain != null) {
            chain.checkServerTrusted(certificates, authType, socket);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String authType) throws CertificateException {
        checkPin(certificates);
        if (chain != null) {
            chain.checkServerTrusted(certificates, authType);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String authType, SSLEngine engine)
            throws CertificateException {
        throw noClients();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String authType, Socket socket)
            throws CertificateException {
        throw noClients();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String authType) throws CertificateException {
        throw noClients();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return chain == null ? new X509Certificate[0] : chain.getAcceptedIssuers();
    }

    private void checkPin(X509Certificate[] certificates) throws CertificateException {
        String fingerprint = fingerprint(certificates[0]);
        if (!pins.contains(fingerprint)) {
            throw new CertificateException("the certificate's SHA-256 is " + fingerprint + ", which is not pinned");
        }
    }

    static String fingerprint(X509Certificate certificate) throws CertificateException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new CertificateException("This JVM has no SHA-256", e);
        }
    }

    private static CertificateException noClients() {
        return new CertificateException("Only servers are checked here");
    }
}
