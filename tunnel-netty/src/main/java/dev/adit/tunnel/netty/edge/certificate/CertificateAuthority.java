package dev.adit.tunnel.netty.edge.certificate;

import static dev.adit.tunnel.netty.edge.certificate.DerWriter.bits;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.bool;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.integer;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.octets;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.oid;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.sequence;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.set;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.tagged;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.time;
import static dev.adit.tunnel.netty.edge.certificate.DerWriter.utf8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/**
 * An authority that lives as long as the edge that made it: an EC P-256 key and a certificate for it, signing with ECDSA
 * and SHA-256. Its key is never written down. Source: RFC 5280 for the fields, RFC 5480 for the key.
 */
final class CertificateAuthority {

    private static final Duration BACKDATED = Duration.ofDays(1);
    private static final Duration VALID = Duration.ofDays(365);
    private static final int SERIAL_BITS = 127;
    private static final int P256_POINT_OCTETS = 65;

    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
    private static final byte[] COMMON_NAME = oid(2, 5, 4, 3);
    private static final byte[] SUBJECT_KEY_ID = oid(2, 5, 29, 14);
    private static final byte[] KEY_USAGE = oid(2, 5, 29, 15);
    private static final byte[] SUBJECT_ALT_NAME = oid(2, 5, 29, 17);
    private static final byte[] BASIC_CONSTRAINTS = oid(2, 5, 29, 19);
    private static final byte[] AUTHORITY_KEY_ID = oid(2, 5, 29, 35);
    private static final byte[] EXTENDED_KEY_USAGE = oid(2, 5, 29, 37);
    private static final byte[] SERVER_AUTH = oid(1, 3, 6, 1, 5, 5, 7, 3, 1);
    /** keyCertSign and cRLSign, bits 5 and 6. */
    private static final byte[] SIGNS = bits(1, new byte[] {0x06});
    /** digitalSignature, bit 0. */
    private static final byte[] AUTHENTICATES = bits(7, new byte[] {(byte) 0x80});

    private final SecureRandom random = new SecureRandom();
    private final Instant now;
    private final String name;
    private final KeyPair keys;
    private final X509Certificate certificate;

    /**
     * Makes an authority.
     *
     * @param name its common name
     * @param now from when validity counts
     */
    CertificateAuthority(String name, Instant now) throws GeneralSecurityException {
        this.name = name;
        this.now = now;
        this.keys = newKeys();
        this.certificate = sign(
                name,
                keys.getPublic(),
                extension(BASIC_CONSTRAINTS, true, sequence(bool(true), integer(BigInteger.ZERO))),
                extension(KEY_USAGE, true, SIGNS));
    }

    X509Certificate certificate() {
        return certificate;
    }

    /** Makes a key and a certificate for a TLS server of that name. */
    Issued issueServer(String dnsName) throws GeneralSecurityException {
        KeyPair pair = newKeys();
        X509Certificate issued = sign(
                dnsName,
                pair.getPublic(),
                extension(BASIC_CONSTRAINTS, true, sequence()),
                extension(KEY_USAGE, true, AUTHENTICATES),
                extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTH)),
                extension(
                        SUBJECT_ALT_NAME,
                        false,
                        sequence(tagged(2, false, dnsName.getBytes(StandardCharsets.US_ASCII)))));
        return new Issued(pair.getPrivate(), issued);
    }

    /**
     * A certificate with its key.
     *
     * @param key the private key
     * @param certificate for that key
     */
    record Issued(PrivateKey key, X509Certificate certificate) {}

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private X509Certificate sign(String subject, PublicKey key, byte[]... extensions) throws GeneralSecurityException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] extension : extensions) {
            all.writeBytes(extension);
        }
        all.writeBytes(extension(SUBJECT_KEY_ID, false, octets(keyId(key))));
        all.writeBytes(extension(AUTHORITY_KEY_ID, false, sequence(tagged(0, false, keyId(keys.getPublic())))));
        byte[] body = sequence(
                tagged(0, true, integer(BigInteger.TWO)),
                integer(new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE)),
                ECDSA_WITH_SHA256,
                commonName(name),
                sequence(time(now.minus(BACKDATED)), time(now.plus(VALID))),
                commonName(subject),
                key.getEncoded(),
                tagged(3, true, sequence(all.toByteArray())));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate(), random);
        signature.update(body);
        byte[] encoded = sequence(body, ECDSA_WITH_SHA256, bits(0, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    private static byte[] commonName(String value) {
        return sequence(set(sequence(COMMON_NAME, utf8(value))));
    }

    private static byte[] extension(byte[] id, boolean critical, byte[] value) {
        return critical ? sequence(id, bool(true), octets(value)) : sequence(id, octets(value));
    }

    /** SHA-1 of the point, which ends the encoded key: RFC 5280 section 4.2.1.2, method 1. It names, it proves nothing. */
    private static byte[] keyId(PublicKey key) throws GeneralSecurityException {
        byte[] encoded = key.getEncoded();
        byte[] point = Arrays.copyOfRange(encoded, encoded.length - P256_POINT_OCTETS, encoded.length);
        return MessageDigest.getInstance("SHA-1").digest(point);
    }
}
