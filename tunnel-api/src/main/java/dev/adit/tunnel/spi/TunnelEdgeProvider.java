package dev.adit.tunnel.spi;

import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import java.util.ServiceLoader;

/** Where the edge's implementation plugs in. Found by {@link ServiceLoader}; applications do not use it. */
public interface TunnelEdgeProvider {

    /**
     * Starts an edge: its listeners are bound when this returns.
     *
     * @param settings what to run
     * @return the running edge
     * @throws TunnelException if a listener cannot be bound or a certificate cannot be used
     */
    TunnelEdge start(EdgeSettings settings);

    /**
     * Finds the implementation.
     *
     * @return the first one on the class path or module path
     * @throws TunnelException if there is none, naming the artifact to add
     */
    static TunnelEdgeProvider load() {
        return ServiceLoader.load(TunnelEdgeProvider.class, TunnelEdgeProvider.class.getClassLoader())
                .findFirst()
                .or(() -> ServiceLoader.load(TunnelEdgeProvider.class).findFirst())
                .orElseThrow(() -> new TunnelException("No tunnel edge found. Add dev.adit:tunnel-netty next to"
                        + " tunnel-api on the class path or module path."));
    }
}
