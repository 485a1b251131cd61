package dev.adit.tunnel.netty.connector;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.netty.connector.dial.EdgeAddresses;
import dev.adit.tunnel.netty.connector.dial.EdgeDialer;
import dev.adit.tunnel.netty.connector.event.TunnelEvents;
import dev.adit.tunnel.netty.connector.serve.ActiveIngress;
import dev.adit.tunnel.netty.connector.serve.RemoteConfiguration;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import java.time.Duration;

/**
 * What all connections of one tunnel share.
 *
 * @param credentials what to register with
 * @param identity who we are
 * @param addresses which address each connection dials
 * @param dialer opens connections
 * @param ingress the rules in force
 * @param configuration takes what the edge pushes
 * @param events told what happens
 * @param budget bounds the bytes held
 * @param controlStreamTimeout until when, from TLS, the edge must have opened its control stream
 * @param registrationTimeout limit for the answer to an RPC
 */
record ConnectorContext(
        TunnelCredentials credentials,
        ConnectorIdentity identity,
        EdgeAddresses addresses,
        EdgeDialer dialer,
        ActiveIngress ingress,
        RemoteConfiguration configuration,
        TunnelEvents events,
        ReceiveBudget budget,
        Duration controlStreamTimeout,
        Duration registrationTimeout) {}
