package dev.adit.tunnel.spi;

import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.WarpRouting;
import java.util.List;

/**
 * What private TCP streams may reach, and how. Immutable.
 *
 * @param settings limits and timeouts
 * @param rules which addresses; without a rule that allows it nothing is
 */
public record PrivateNetwork(WarpRouting settings, List<IpRule> rules) {

    /** Copies the list. */
    public PrivateNetwork {
        rules = List.copyOf(rules);
    }
}
