package dev.adit.tunnel.netty.edge.certificate;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.spi.EdgeSettings;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * What the edge proves itself with to connectors, and what these must trust. Immutable.
 *
 * @param tls TLS 1.3, or TLS 1.2 with AEAD suites; no ALPN, since connectors send none
 * @param authorities what a connector must trust to join
 */
public record EdgeIdentity(SslContext tls, List<X509Certificate> authorities) {

    /** The name that connectors ask for and verify. Source: cloudflared 2026.8.2. */
    public static final String SERVER_NAME = "h2.cftunnel.com";

    private static final int DNS_NAME = 2;

    /** Copies the list. */
    public EdgeIdentity {
        authorities = List.copyOf(authorities);
    }

    /**
     * Makes an authority and a certificate signed by it.
     *
     * @return valid for a year; the authority's key is forgotten
     */
    public static EdgeIdentity made() {
        try {
            CertificateAuthority authority = new CertificateAuthority("Adit edge, made at start", Instant.now());
            CertificateAuthority.Issued leaf = authority.issueServer(SERVER_NAME);
            SslContext tls = build(SslContextBuilder.forServer(leaf.key(), leaf.certificate()));
            return new EdgeIdentity(tls, List.of(authority.certificate()));
        } catch (GeneralSecurityException | IOException e) {
            throw new TunnelException(
                    "The edge's certificate cannot be made: " + e.getMessage()
                            + ". Give one with identity(certificateChain, privateKey).",
                    e);
        }
    }

    /**
     * Reads the operator's certificate, or the one that this edge made at an earlier start; makes it if this is the first.
     * The last of the chain is what connectors are told to trust.
     *
     * @param files PEM files
     * @return the identity
     * @throws TunnelException if they cannot be read or the certificate is for another name
     */
    public static EdgeIdentity read(EdgeSettings.Identity files) {
        Path chainFile = files.certificateChain();
        keepMade(files);
        try (InputStream chain = Files.newInputStream(chainFile);
                InputStream key = Files.newInputStream(files.privateKey())) {
            List<X509Certificate> certificates = certificates(chainFile);
            checkName(chainFile, certificates.get(0));
            SslContext tls = build(SslContextBuilder.forServer(chain, key));
            return new EdgeIdentity(tls, List.of(certificates.get(certificates.size() - 1)));
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            throw new TunnelException(
                    "The edge's certificate in " + chainFile + " and its key in " + files.privateKey()
                            + " cannot be used: " + e.getMessage()
                            + ". Give a PEM certificate chain, leaf first, and its PKCS#8 PEM key without password.",
                    e);
        }
    }

    private static void keepMade(EdgeSettings.Identity files) {
        Path authority = files.authority();
        if (authority == null) {
            return;
        }
        try {
            IdentityFiles.makeOrCheck(files, authority, Instant.now());
        } catch (GeneralSecurityException | IOException e) {
            throw new TunnelException(
                    "The edge's certificate cannot be kept in "
                            + authority.toAbsolutePath().getParent() + ": " + e
                            + ". Give a directory that can be written; if its files are damaged, remove them and start again.",
                    e);
        }
    }

    private static SslContext build(SslContextBuilder builder) throws IOException {
        return builder.protocols("TLSv1.3", "TLSv1.2")
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .build();
    }

    private static List<X509Certificate> certificates(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            List<X509Certificate> certificates = new ArrayList<>();
            for (Certificate certificate : found) {
                certificates.add((X509Certificate) certificate);
            }
            if (certificates.isEmpty()) {
                throw new CertificateException("there is no certificate in it");
            }
            return certificates;
        }
    }

    private static void checkName(Path file, X509Certificate certificate) throws CertificateException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        if (names != null) {
            for (List<?> name : names) {
                if (Integer.valueOf(DNS_NAME).equals(name.get(0)) && matches(String.valueOf(name.get(1)))) {
                    return;
                }
            }
        }
        throw new TunnelException("The edge's certificate in " + file + " is not valid for " + SERVER_NAME
                + ", the name that every connector verifies. Give a certificate with that DNS name.");
    }

    private static boolean matches(String dnsName) {
        String lower = dnsName.toLowerCase(Locale.ROOT);
        return lower.equals(SERVER_NAME) || lower.equals("*" + SERVER_NAME.substring(SERVER_NAME.indexOf('.')));
    }
}
