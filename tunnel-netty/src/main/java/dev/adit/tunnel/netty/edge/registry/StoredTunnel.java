package dev.adit.tunnel.netty.edge.registry;

import java.util.UUID;

/**
 * A tunnel that the edge knows. Its secret is not kept.
 *
 * @param id the tunnel's id
 * @param accountTag the account it belongs to
 * @param name for people
 */
public record StoredTunnel(UUID id, String accountTag, String name) {}
