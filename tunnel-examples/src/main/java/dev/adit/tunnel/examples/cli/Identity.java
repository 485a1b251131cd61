package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Finds what to register with, in cloudflared's order: token, token's file, credentials. */
final class Identity {

    private Identity() {}

    static TunnelCredentials of(Values values, List<String> arguments) {
        if (arguments.size() > 1) {
            throw new TunnelException("\"tunnel run\" accepts only one argument, the ID or name of the tunnel to run.");
        }
        Optional<String> token =
                values.text("token").or(() -> values.text("token-file").map(Identity::read));
        if (token.isPresent()) {
            try {
                return TunnelCredentials.fromToken(token.get());
            } catch (TunnelException e) {
                throw new TunnelException("Provided Tunnel token is not valid.\n" + e.getMessage(), e);
            }
        }
        Optional<String> named = arguments.stream().findFirst().or(values::tunnel);
        Optional<TunnelCredentials> given = values.text("credentials-contents")
                .map(TunnelCredentials::fromJson)
                .or(() -> values.credentialsFile().map(TunnelCredentials::fromFile));
        if (named.isEmpty()) {
            throw new TunnelException(
                    "\"tunnel run\" requires the ID or name of the tunnel to run as the last command line"
                            + " argument or in the configuration file. Or give a token (--token, TUNNEL_TOKEN).");
        }
        Optional<UUID> id = named.flatMap(Identity::uuid);
        if (given.isEmpty() && id.isEmpty()) {
            throw new TunnelException(
                    "The tunnel's name '" + named.get() + "' would have to be looked up at Cloudflare's"
                            + " API, which this program does not call. Give the tunnel's ID, or its credentials"
                            + " (--credentials-file).");
        }
        TunnelCredentials credentials =
                given.orElseGet(() -> TunnelCredentials.fromFile(credentialsOf(id.orElseThrow())));
        if (id.isPresent() && !id.get().equals(credentials.tunnelId())) {
            throw new TunnelException("The credentials are those of the tunnel " + credentials.tunnelId() + ", but "
                    + id.get() + " was to be run. Give the ID and the credentials of the same tunnel.");
        }
        return credentials;
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return text.length() == 36 ? Optional.of(UUID.fromString(text)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Where cloudflared puts it: beside the configuration. */
    private static Path credentialsOf(UUID id) {
        List<Path> places = TunnelConfig.searchPath().stream()
                .map(file -> file.resolveSibling(id + ".json"))
                .distinct()
                .toList();
        return places.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new TunnelException("The credentials of the tunnel " + id
                        + " were not found in any of " + places + ". Name the file (--credentials-file)."));
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new TunnelException("The token's file " + file + " cannot be read: " + e, e);
        }
    }
}
