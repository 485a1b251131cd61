package dev.adit.tunnel.netty.wire.rpc;

/** The edge's orderly answer to a registration: accepted or refused. */
public sealed interface ConnectionResponse permits ConnectionDetails, ConnectionError {}
