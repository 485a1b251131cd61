package dev.adit.tunnel.netty.connector.dial;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * One name of the edge and what it stands for now.
 *
 * @param name host and port, as given or discovered
 * @param region which half of the edge it belongs to, 0 or 1: connections are spread over both
 * @param addresses to dial, at least one, the resolver's favourite first; unresolved where a proxy does the resolving
 */
record EdgeSite(String name, int region, List<InetSocketAddress> addresses) {

    EdgeSite {
        addresses = List.copyOf(addresses);
    }
}
