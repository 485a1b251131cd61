package dev.adit.tunnel.spi;

import dev.adit.tunnel.EdgeIpVersion;
import dev.adit.tunnel.EdgeProxy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a client keeps its connections to the edge. The meaning and default of each is that of the method of
 * {@link dev.adit.tunnel.TunnelClient.Builder} of the same name.
 *
 * @param connections how many to keep, at least 1
 * @param region of Cloudflare's network, null for the whole; used when the edge is discovered
 * @param edgeIpVersion which addresses to dial
 * @param proxy to go through, null for none
 * @param noProxy hosts that are reached without it, in the form of {@code NO_PROXY}, to which loopback always belongs;
 *     null when everything goes through the proxy
 * @param declaredVersion what to tell the edge, null for Adit's own version
 * @param declaredArchitecture what to tell the edge, null for this machine's
 */
public record EdgeLink(
        int connections,
        @Nullable String region,
        EdgeIpVersion edgeIpVersion,
        @Nullable EdgeProxy proxy,
        @Nullable List<String> noProxy,
        @Nullable String declaredVersion,
        @Nullable String declaredArchitecture) {

    /** Copies the list. */
    public EdgeLink {
        noProxy = noProxy == null ? null : List.copyOf(noProxy);
    }
}
