package dev.adit.tunnel.examples;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Prints a line for each request, and what became of the last ones when the tunnel is drained. */
public final class RequestLines implements TunnelListener {

    private static final int LONGEST_PATH = 80;

    private final AtomicLong requests = new AtomicLong();

    /** Begins at zero requests. */
    public RequestLines() {}

    @Override
    public void requestCompleted(TunnelEvent.RequestCompleted event) {
        requests.incrementAndGet();
        System.out.printf(
                "%s  %-7s %s  %s  %d ms%s%n",
                LocalTime.ofInstant(event.at(), ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS),
                event.method(),
                printablePath(event.target()),
                event.status() == 0 ? "-" : event.status(),
                event.duration().toMillis(),
                event.failure() == null ? "" : "  " + event.failure());
    }

    /**
     * Closes a tunnel and prints how that went.
     *
     * @param tunnel to be closed
     * @param grace how long running requests may take
     */
    public void drain(Tunnel tunnel, Duration grace) {
        System.out.printf("%nDraining, for at most %d s ...%n", grace.toSeconds());
        long before = requests.get();
        CloseReport report = tunnel.close(grace);
        long finished = Math.max(0, requests.get() - before - report.cut().size());
        System.out.printf(
                "Drained in %d ms: %d finished, %d cut; %d requests in all.%n",
                report.took().toMillis(), finished, report.cut().size(), requests.get());
        for (CloseReport.CutRequest cut : report.cut()) {
            System.out.printf(
                    "Cut: %s %s after %d bytes%n", cut.method(), printablePath(cut.path()), cut.responseBytes());
        }
    }

    /** The path without its query, which may hold secrets; what is not printable ASCII is written as in a URL. */
    private static String printablePath(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        StringBuilder shown = new StringBuilder(LONGEST_PATH);
        for (int i = 0; i < path.length() && shown.length() < LONGEST_PATH; i++) {
            char c = path.charAt(i);
            shown.append(c > 0x20 && c < 0x7F ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return shown.length() < LONGEST_PATH ? shown.toString() : shown + "…";
    }
}
