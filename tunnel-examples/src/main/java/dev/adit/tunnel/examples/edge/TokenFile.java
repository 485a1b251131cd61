package dev.adit.tunnel.examples.edge;

import dev.adit.tunnel.TunnelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;

/** The token of the edge's one tunnel, in a file that only its owner may read. */
final class TokenFile {

    private static final int SECRET_BYTES = 32;

    private TokenFile() {}

    static TunnelCredentials readOrMake(Path file) throws IOException {
        if (Files.exists(file)) {
            return TunnelCredentials.fromToken(Files.readString(file));
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        TunnelCredentials made = TunnelCredentials.of("adit", UUID.randomUUID(), secret);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Path readableByOwnerOnly = Files.createTempFile(file.toAbsolutePath().getParent(), "token", "");
        Files.writeString(readableByOwnerOnly, made.toToken().reveal() + "\n");
        Files.move(readableByOwnerOnly, file);
        return made;
    }
}
