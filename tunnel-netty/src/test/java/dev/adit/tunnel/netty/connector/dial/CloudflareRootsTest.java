package dev.adit.tunnel.netty.connector.dial;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bundled authorities are those that Cloudflare publishes, and nobody has changed them since. */
class CloudflareRootsTest {

    @Test
    void theFingerprintsAreThePublishedOnes() throws Exception {
        List<X509Certificate> roots = EdgeTls.cloudflareRoots();

        assertThat(roots)
                .extracting(PinnedTrustManager::fingerprint)
                .containsExactly(
                        "aa63697a22764b67b2134ce14cb5690ea336940b93986113f49545917832d80d",
                        "d3c7e85c91707fc0a12abc5d88266747aa4fa8e7b162f633ffb3c9d989947620",
                        "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9");
        assertThat(roots).allSatisfy(root -> {
            assertThat(root.getSubjectX500Principal().getName()).containsIgnoringCase("CloudFlare");
            assertThat(root.getBasicConstraints()).isNotNegative();
            root.checkValidity();
        });
    }
}
