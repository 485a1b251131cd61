package dev.adit.tunnel;

import java.time.Duration;
import java.util.List;

/**
 * What happened when a tunnel or an edge was closed.
 *
 * @param cut the requests that were still running at the end of the grace period and were broken off
 * @param took how long closing took
 */
public record CloseReport(List<CutRequest> cut, Duration took) {

    /** Copies the list. */
    public CloseReport {
        cut = List.copyOf(cut);
    }

    /**
     * A request that did not finish within the grace period.
     *
     * @param method its method
     * @param host its host
     * @param path its path, without the query
     * @param responseBytes how many bytes of the response's body had been sent
     */
    public record CutRequest(String method, String host, String path, long responseBytes) {}

    /**
     * Tells whether every request finished.
     *
     * @return whether nothing was cut
     */
    public boolean isClean() {
        return cut.isEmpty();
    }
}
