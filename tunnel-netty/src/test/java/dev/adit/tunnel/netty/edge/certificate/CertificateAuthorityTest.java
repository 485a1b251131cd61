package dev.adit.tunnel.netty.edge.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CertificateAuthorityTest {

    private final Instant now = Instant.now();

    @Test
    void theJdkAcceptsThePathFromADayAgoToAYearAhead() throws Exception {
        CertificateAuthority authority = new CertificateAuthority("test authority", now);
        X509Certificate leaf = authority.issueServer("h2.cftunnel.com").certificate();
        validate(authority, leaf, now);
        validate(authority, leaf, now.minus(Duration.ofHours(23)));
        validate(authority, leaf, now.plus(Duration.ofDays(364)));
        assertThatThrownBy(() -> validate(authority, leaf, now.plus(Duration.ofDays(366))))
                .isInstanceOf(CertPathValidatorException.class);
    }

    @Test
    void theLeafSaysWhatItIsFor() throws Exception {
        CertificateAuthority authority = new CertificateAuthority("test authority", now);
        CertificateAuthority.Issued issued = authority.issueServer("h2.cftunnel.com");
        X509Certificate leaf = issued.certificate();
        List<?> name = leaf.getSubjectAlternativeNames().iterator().next();
        assertThat(name.get(0)).isEqualTo(2);
        assertThat(name.get(1)).isEqualTo("h2.cftunnel.com");
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(leaf.getKeyUsage()[0]).isTrue();
        assertThat(leaf.getKeyUsage()[5]).isFalse();
        assertThat(leaf.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(issued.key().getAlgorithm()).isEqualTo("EC");
        X509Certificate root = authority.certificate();
        assertThat(root.getBasicConstraints()).isZero();
        assertThat(root.getKeyUsage()[5]).isTrue();
        assertThat(root.getSerialNumber()).isPositive().isNotEqualTo(leaf.getSerialNumber());
        assertThat(root.getExtensionValue("2.5.29.14")).isNotNull();
        assertThat(leaf.getExtensionValue("2.5.29.35")).isNotNull();
    }

    @Test
    void anotherAuthorityDoesNotVouchForIt() throws Exception {
        CertificateAuthority authority = new CertificateAuthority("test authority", now);
        CertificateAuthority other = new CertificateAuthority("test authority", now);
        X509Certificate leaf = authority.issueServer("h2.cftunnel.com").certificate();
        assertThatThrownBy(() -> validate(other, leaf, now)).isInstanceOf(CertPathValidatorException.class);
    }

    @Test
    void aYearAfter2049IsWrittenInFull() throws Exception {
        Instant late = Instant.parse("2049-06-01T00:00:00Z");
        CertificateAuthority authority = new CertificateAuthority("test authority", late);
        assertThat(authority.certificate().getNotAfter().toInstant()).isEqualTo(late.plus(Duration.ofDays(365)));
    }

    private static void validate(CertificateAuthority authority, X509Certificate leaf, Instant at) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority.certificate(), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(at));
        var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
        CertPathValidator.getInstance("PKIX").validate(path, parameters);
    }
}
