package dev.adit.tunnel.netty.edge.certificate;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.spi.EdgeSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files in which an edge keeps the identity that it made, so that connectors recognise it after a restart. Each file is
 * written whole or not at all and is readable by its owner only. The key comes last: if it is there, all are.
 */
final class IdentityFiles {

    private static final Logger LOG = LoggerFactory.getLogger(IdentityFiles.class);
    private static final Duration WARN_BEFORE = Duration.ofDays(30);
    private static final int PEM_LINE = 64;

    private IdentityFiles() {}

    /**
     * Makes what is missing, or checks that what is there has not expired.
     *
     * @param files chain and key
     * @param authorityFile where to write the authority
     * @param now from when validity counts
     */
    static void makeOrCheck(EdgeSettings.Identity files, Path authorityFile, Instant now)
            throws GeneralSecurityException, IOException {
        if (Files.exists(files.privateKey())) {
            check(files.certificateChain(), authorityFile, now);
            return;
        }
        CertificateAuthority authority = new CertificateAuthority("Adit edge", now);
        CertificateAuthority.Issued leaf = authority.issueServer(EdgeIdentity.SERVER_NAME);
        String authorityPem = pem("CERTIFICATE", authority.certificate().getEncoded());
        write(authorityFile, authorityPem);
        write(files.certificateChain(), pem("CERTIFICATE", leaf.certificate().getEncoded()) + authorityPem);
        write(files.privateKey(), pem("PRIVATE KEY", leaf.key().getEncoded()));
    }

    private static void check(Path chain, Path authorityFile, Instant now)
            throws GeneralSecurityException, IOException {
        X509Certificate leaf;
        try (InputStream in = Files.newInputStream(chain)) {
            leaf = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        Instant end = leaf.getNotAfter().toInstant();
        try {
            leaf.checkValidity(Date.from(now));
        } catch (CertificateExpiredException e) {
            throw new TunnelException(
                    "The edge's certificate in " + chain + " expired at " + end + ". Remove the directory "
                            + chain.toAbsolutePath().getParent() + ", start again, and give connectors the new "
                            + authorityFile.getFileName() + ".",
                    e);
        }
        if (now.plus(WARN_BEFORE).isAfter(end)) {
            LOG.warn(
                    "The edge's certificate in {} expires at {}. Make another one before, and give it to connectors.",
                    chain,
                    end);
        }
    }

    private static String pem(String what, byte[] der) {
        String text = Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
    }

    private static void write(Path file, String text) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        // Temporary files are readable by their owner only.
        Path whole = Files.createTempFile(directory, "." + file.getFileName(), ".new");
        Files.writeString(whole, text, StandardCharsets.US_ASCII);
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
