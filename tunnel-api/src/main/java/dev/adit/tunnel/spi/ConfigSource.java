package dev.adit.tunnel.spi;

import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.WarpRouting;
import java.util.Map;
import java.util.Optional;

/** A configuration that has been read, its rules not yet checked. Immutable and safe for use by several threads. */
public interface ConfigSource {

    /**
     * Tells whether the text held no document at all.
     *
     * @return whether cloudflared would treat the file as none
     */
    boolean isEmpty();

    /**
     * Returns the top-level keys but {@code ingress}, {@code originRequest} and {@code warp-routing}.
     *
     * @return unmodifiable; values are {@link String}, {@link Long}, {@link Double}, {@link Boolean}, lists and maps of
     *     these. Keys whose value is null are left out
     */
    Map<String, Object> settings();

    /**
     * Tells whether there are rules.
     *
     * @return whether {@code ingress} has at least one entry
     */
    boolean hasRules();

    /**
     * Returns the report of keys that nothing reads.
     *
     * @return cloudflared's text, several lines; empty if there is none
     */
    Optional<String> unusedKeys();

    /**
     * Returns the settings of private TCP streams.
     *
     * @return with defaults where the configuration says nothing
     */
    WarpRouting warpRouting();

    /**
     * Checks the rules and compiles them.
     *
     * @param mode how host names are compared and which {@code access} blocks count
     * @return the rules
     * @throws IngressException for the first thing that is wrong
     */
    IngressRules rules(RuleMode mode);
}
