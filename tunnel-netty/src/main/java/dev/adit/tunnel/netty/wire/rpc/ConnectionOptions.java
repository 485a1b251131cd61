package dev.adit.tunnel.netty.wire.rpc;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a connector says about itself when it registers. Source: {@code ConnectionOptions} and {@code ClientInfo} of
 * cloudflared's tunnelrpc.capnp.
 *
 * @param clientId id of the connector process; the same for all its connections, for as long as it lives
 * @param features names of what the connector can do, such as {@code allow_remote_config}; order means nothing
 * @param version the connector's version, free text
 * @param arch {@code <os>_<architecture>}, such as {@code linux_amd64}
 * @param originLocalIp local address of the connector's socket, for information only; null if it was not sent or is
 *     neither 4 nor 16 bytes long. An IPv4 address is written in its 16 byte form
 * @param replaceExisting whether to replace a connection with the same index; the genuine connector always says false
 * @param compressionQuality unused, 0 to 255; the genuine connector always sends 0
 * @param numPreviousAttempts how often this connection was tried before, 0 to 255
 */
public record ConnectionOptions(
        UUID clientId,
        List<String> features,
        String version,
        String arch,
        @Nullable InetAddress originLocalIp,
        boolean replaceExisting,
        int compressionQuality,
        int numPreviousAttempts) {

    /** Copies the features and checks that nothing is missing. */
    public ConnectionOptions {
        Objects.requireNonNull(clientId, "clientId");
        features = List.copyOf(features);
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(arch, "arch");
    }
}
