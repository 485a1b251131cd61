package dev.adit.tunnel;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.UUID;

/**
 * One live, registered connection between connector and edge.
 *
 * @param index its slot, from 0
 * @param id the connection's id, chosen by the edge
 * @param edgeAddress the edge's address; unresolved when a proxy resolves it
 * @param location where the edge says it is, such as {@code lis01}
 * @param registeredAt since when it is registered
 */
public record ConnectionInfo(
        int index, UUID id, InetSocketAddress edgeAddress, String location, Instant registeredAt) {}
