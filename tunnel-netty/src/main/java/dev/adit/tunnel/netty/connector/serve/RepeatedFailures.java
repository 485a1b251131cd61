package dev.adit.tunnel.netty.connector.serve;

import java.util.HashMap;
import java.util.Map;

/**
 * Keeps a service that is down from flooding the log: of the failures of one kind, the first ten in a window are told one
 * by one and the others by their number. Lives on one event loop.
 */
final class RepeatedFailures {

    /** Failures of one kind that are told one by one. */
    static final int TOLD = 10;

    private final Map<Kind, Integer> seen = new HashMap<>();

    /**
     * What counts as the same.
     *
     * @param rule index of the rule, -1 if there is none
     * @param what failed
     */
    record Kind(int rule, String what) {}

    /** Counts a failure, and says whether to tell it. */
    boolean isToBeTold(Kind kind) {
        return seen.merge(kind, 1, Integer::sum) <= TOLD;
    }

    /** Ends the window: returns how many of each kind were not told, and forgets all. */
    Map<Kind, Integer> takeUntold() {
        Map<Kind, Integer> untold = new HashMap<>(seen);
        seen.clear();
        untold.values().removeIf(count -> count <= TOLD);
        untold.replaceAll((kind, count) -> count - TOLD);
        return untold;
    }
}
