package dev.adit.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EdgeTrustTest {

    @Test
    void somebodyMustBeTrusted() {
        assertThatIllegalArgumentException().isThrownBy(() -> EdgeTrust.only(List.of()));
    }

    @Test
    void pinsAreWrittenWithOrWithoutColons() {
        String pin = "AA:".repeat(31) + "AA";
        assertThat(EdgeTrust.pinned(pin).pins()).containsExactly("aa".repeat(32));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EdgeTrust.pinned("aa"))
                .withMessageContaining("64 hex");
    }

    @Test
    void aFileThatHoldsNoCertificateIsNamed(@TempDir Path dir) throws Exception {
        Path empty = Files.writeString(dir.resolve("empty.pem"), "");
        assertThatThrownBy(() -> EdgeTrust.only(empty))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("empty.pem");
        assertThatThrownBy(() -> EdgeTrust.only(dir.resolve("missing.pem")))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("missing.pem")
                .hasMessageContaining("does not exist");
    }
}
