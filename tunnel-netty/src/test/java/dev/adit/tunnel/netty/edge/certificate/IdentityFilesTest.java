package dev.adit.tunnel.netty.edge.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.spi.EdgeSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityFilesTest {

    @TempDir
    Path dir;

    @Test
    void whatWasMadeIsUsedAgain() {
        EdgeIdentity first = EdgeIdentity.read(files());
        EdgeIdentity second = EdgeIdentity.read(files());
        assertThat(second.authorities()).isEqualTo(first.authorities()).hasSize(1);
        assertThat(EdgeTrust.only(dir.resolve("kept/authority.pem")).authorities())
                .isEqualTo(first.authorities());
    }

    @Test
    void filesAreForTheirOwnerOnlyAndNothingElseIsLeft() throws Exception {
        EdgeIdentity.read(files());
        try (var left = Files.list(dir.resolve("kept"))) {
            List<Path> all = left.sorted().toList();
            assertThat(all)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactly("authority.pem", "certificate.pem", "key.pem");
            for (Path file : all) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void anInterruptedStartIsMadeGood() throws Exception {
        EdgeIdentity.read(files());
        Files.delete(dir.resolve("kept/key.pem"));
        EdgeIdentity again = EdgeIdentity.read(files());
        assertThat(EdgeTrust.only(dir.resolve("kept/authority.pem")).authorities())
                .isEqualTo(again.authorities());
    }

    @Test
    void anExpiredCertificateSaysWhatToDo() throws Exception {
        Instant longAgo = Instant.now().minus(Duration.ofDays(800));
        IdentityFiles.makeOrCheck(files(), dir.resolve("kept/authority.pem"), longAgo);
        assertThatThrownBy(() -> EdgeIdentity.read(files()))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("expired at")
                .hasMessageContaining("Remove the directory " + dir.resolve("kept"))
                .hasMessageContaining("authority.pem");
    }

    @Test
    void withoutAnAuthorityFileTheFilesMustBeThere() {
        EdgeSettings.Identity missing =
                new EdgeSettings.Identity(dir.resolve("certificate.pem"), dir.resolve("key.pem"));
        assertThatThrownBy(() -> EdgeIdentity.read(missing)).hasMessageContaining("cannot be used");
    }

    private EdgeSettings.Identity files() {
        Path kept = dir.resolve("kept");
        return new EdgeSettings.Identity(
                kept.resolve("certificate.pem"), kept.resolve("key.pem"), kept.resolve("authority.pem"));
    }
}
