package dev.adit.tunnel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whom a connector takes for its edge. Verification is always on: the certificate must be valid for
 * {@code h2.cftunnel.com} and lead to a trusted authority, or be pinned. Immutable.
 *
 * @param publicAuthorities whether the system's authorities and Cloudflare's published origin authorities are trusted
 * @param authorities authorities trusted besides
 * @param pins SHA-256 fingerprints of edge certificates, 64 lower-case hex digits each. If there are any, the edge's
 *     own certificate must be among them; if nothing else is trusted, a pin is enough
 */
public record EdgeTrust(boolean publicAuthorities, List<X509Certificate> authorities, List<String> pins) {

    /** Copies and checks. */
    public EdgeTrust {
        authorities = List.copyOf(authorities);
        pins = pins.stream().map(EdgeTrust::checkedPin).toList();
        if (!publicAuthorities && authorities.isEmpty() && pins.isEmpty()) {
            throw new IllegalArgumentException(
                    "Nobody is trusted: there is no authority and no pin. Give at least one.");
        }
    }

    /**
     * Trusts Cloudflare's network: the system's authorities and Cloudflare's published origin authorities. The default.
     *
     * @return the trust
     */
    public static EdgeTrust cloudflare() {
        return new EdgeTrust(true, List.of(), List.of());
    }

    /**
     * Trusts the authorities of a PEM file and no others, as cloudflared's {@code --cacert} does.
     *
     * @param pem a file of one or more certificates
     * @return the trust
     * @throws TunnelException if the file cannot be read or holds no certificate
     */
    public static EdgeTrust only(Path pem) {
        return new EdgeTrust(false, read(pem), List.of());
    }

    /**
     * Trusts these authorities and no others.
     *
     * @param authorities at least one
     * @return the trust
     */
    public static EdgeTrust only(List<X509Certificate> authorities) {
        return new EdgeTrust(false, authorities, List.of());
    }

    /**
     * Trusts one certificate, whoever signed it, by its fingerprint.
     *
     * @param sha256 the SHA-256 of the certificate in DER form: 64 hex digits, colons allowed
     * @return the trust
     */
    public static EdgeTrust pinned(String sha256) {
        return new EdgeTrust(false, List.of(), List.of(sha256));
    }

    /**
     * Trusts further authorities too.
     *
     * @param more the authorities to add
     * @return a new trust
     */
    public EdgeTrust and(List<X509Certificate> more) {
        List<X509Certificate> all = new ArrayList<>(authorities);
        all.addAll(more);
        return new EdgeTrust(publicAuthorities, all, pins);
    }

    private static String checkedPin(String pin) {
        String hex = pin.replace(":", "").toLowerCase(Locale.ROOT);
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "pin: '" + pin + "' (expected: the SHA-256 of a certificate, 64 hex digits)");
        }
        return hex;
    }

    private static List<X509Certificate> read(Path pem) {
        List<X509Certificate> found = new ArrayList<>();
        try {
            for (var certificate : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(pem)))) {
                found.add((X509Certificate) certificate);
            }
        } catch (IOException | CertificateException e) {
            throw new TunnelException(
                    "The authorities in " + pem + " cannot be read: " + FileFailure.reason(e)
                            + ". Give a readable file of PEM certificates.",
                    e);
        }
        if (found.isEmpty()) {
            throw new TunnelException(pem + " holds no certificate. Give a file of PEM certificates.");
        }
        return found;
    }
}
