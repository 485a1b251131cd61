package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.netty.wire.TunnelHeaders;
import dev.adit.tunnel.netty.wire.rpc.ConnectionOptions;
import dev.adit.tunnel.spi.EdgeLink;
import java.lang.module.ModuleDescriptor;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a connector says about itself when it registers. One for each running tunnel, the same for all its connections.
 *
 * @param clientId made at start
 * @param version of Adit, unless the application said otherwise
 * @param arch operating system and processor in Go's names, as the reference connector sends them, unless likewise
 */
record ConnectorIdentity(UUID clientId, String version, String arch) {

    /** The response header of protocol section 7.4 is understood. */
    private static final String SERIALIZED_HEADERS = "serialized_headers";

    /** Configuration pushes are applied. */
    private static final String ALLOW_REMOTE_CONFIG = "allow_remote_config";

    private static final int MAX_ATTEMPTS_TOLD = 255;

    static ConnectorIdentity of(EdgeLink link) {
        String version = link.declaredVersion();
        String arch = link.declaredArchitecture();
        return new ConnectorIdentity(
                UUID.randomUUID(), version == null ? thisVersion() : version, arch == null ? thisArch() : arch);
    }

    private static String thisVersion() {
        Class<?> ours = ConnectorIdentity.class;
        // The jar's manifest tells it on the class path, the module's descriptor on the module path.
        String version = Optional.ofNullable(ours.getPackage().getImplementationVersion())
                .or(() -> Optional.ofNullable(ours.getModule().getDescriptor()).flatMap(ModuleDescriptor::rawVersion))
                .orElse("dev");
        return "adit/" + version;
    }

    ConnectionOptions options(@Nullable InetAddress localAddress, int previousAttempts, boolean takesConfiguration) {
        List<String> features = new ArrayList<>(List.of(SERIALIZED_HEADERS, TunnelHeaders.FEATURE_INTERIM));
        if (takesConfiguration) {
            features.add(0, ALLOW_REMOTE_CONFIG);
        }
        return new ConnectionOptions(
                clientId,
                features,
                version,
                arch,
                localAddress,
                false,
                0,
                Math.min(previousAttempts, MAX_ATTEMPTS_TOLD));
    }

    private static String thisArch() {
        String os = System.getProperty("os.name", "unknown").toLowerCase(Locale.ROOT);
        String goOs = os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : os.replace(' ', '-');
        String processor = System.getProperty("os.arch", "unknown").toLowerCase(Locale.ROOT);
        String goArch = processor.equals("x86_64") ? "amd64" : processor.equals("aarch64") ? "arm64" : processor;
        return goOs + "_" + goArch;
    }
}
