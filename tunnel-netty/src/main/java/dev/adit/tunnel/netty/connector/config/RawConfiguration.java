package dev.adit.tunnel.netty.connector.config;

import dev.adit.tunnel.WarpRouting;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration with typed values, not checked further. Immutable.
 *
 * @param rules as they were written
 * @param originRequest the global block
 * @param warpRouting with defaults
 * @param settings the other top-level keys
 * @param unused keys that nothing reads, in order
 */
record RawConfiguration(
        List<RawRule> rules,
        OriginSettings originRequest,
        WarpRouting warpRouting,
        Map<String, Object> settings,
        List<UnusedKey> unused) {

    static final RawConfiguration EMPTY =
            new RawConfiguration(List.of(), OriginSettings.NONE, WarpRouting.defaults(), Map.of(), List.of());

    RawConfiguration {
        rules = List.copyOf(rules);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        unused = List.copyOf(unused);
    }

    /**
     * One rule; texts that are missing are empty.
     *
     * @param line where it begins
     */
    record RawRule(int line, String hostname, String path, String service, OriginSettings originRequest) {}

    /**
     * A key that nothing reads.
     *
     * @param line where it stands
     * @param name of the key
     * @param type the block's name in cloudflared
     */
    record UnusedKey(int line, String name, String type) {

        @Override
        public String toString() {
            return "line " + line + ": field " + name + " not found in type " + type;
        }
    }
}
