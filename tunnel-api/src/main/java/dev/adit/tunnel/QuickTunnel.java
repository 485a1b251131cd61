package dev.adit.tunnel;

import java.net.URI;

/**
 * A tunnel made on the spot, with a name that the edge chose.
 *
 * @param credentials what a connector registers with
 * @param hostname the name, such as {@code calm-otter.localhost}
 * @param url where visitors reach it
 */
public record QuickTunnel(TunnelCredentials credentials, String hostname, URI url) {}
