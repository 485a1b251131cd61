package dev.adit.tunnel.netty.connector.status;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.netty.connector.event.EventTap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts what a tunnel does, under cloudflared's names. The number of series is bounded whatever visitors and edges send.
 * Safe for use by several threads; counting never blocks, but for the rare event of a registration.
 */
public final class TunnelCounts implements EventTap {

    /** Locations remembered; an edge that makes names up cannot add more. */
    private static final int MAX_LOCATIONS = 100;

    private static final int MAX_STATUS = 999;
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final String DUPLICATE = "EDUPCONN";

    private final LongAdder requests = new LongAdder();
    private final LongAdder completed = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicLongArray byStatus = new AtomicLongArray(MAX_STATUS + 1);
    private final LongAdder registered = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder reports = new LongAdder();
    private final LongAdder reportsFailed = new LongAdder();
    private final Map<Place, Boolean> places = new LinkedHashMap<>();

    /** Makes counters that stand at zero. */
    public TunnelCounts() {}

    /** Where a slot is, or was, connected to. */
    private record Place(int slot, String location) {}

    @Override
    public void requestBegan() {
        requests.increment();
    }

    @Override
    public void happened(TunnelEvent event) {
        if (event instanceof TunnelEvent.RequestCompleted request) {
            completed(request.status(), request.failure());
        } else if (event instanceof TunnelEvent.ConnectionRegistered accepted) {
            registered.increment();
            isNowAt(accepted.connection());
        }
    }

    /**
     * As cloudflared counts: an answer counts if it is the origin's own, so not one the connector gave in its place; a
     * visitor who left is no error.
     */
    private void completed(int status, @Nullable OriginFailure failure) {
        completed.increment();
        if (failure != null && failure != OriginFailure.VISITOR_GONE) {
            failed.increment();
        }
        boolean ofOrigin = failure == null || failure == OriginFailure.RESPONSE_CUT_SHORT;
        if (ofOrigin && status > SWITCHING_PROTOCOLS && status <= MAX_STATUS) {
            byStatus.incrementAndGet(status);
        }
    }

    private void isNowAt(ConnectionInfo connection) {
        synchronized (places) {
            places.replaceAll((place, now) -> now && place.slot() != connection.index());
            Place here = new Place(connection.index(), connection.location());
            places.remove(here);
            places.put(here, true);
            if (places.size() > MAX_LOCATIONS) {
                forgetTheEldestFormerOne();
            }
        }
    }

    private void forgetTheEldestFormerOne() {
        Iterator<Boolean> eldestFirst = places.values().iterator();
        while (eldestFirst.hasNext()) {
            if (!eldestFirst.next()) {
                eldestFirst.remove();
                return;
            }
        }
    }

    @Override
    public void registrationFailed(String reason) {
        (reason.contains(DUPLICATE) ? duplicates : refused).increment();
    }

    @Override
    public void configurationReported(boolean taken) {
        reports.increment();
        if (!taken) {
            reportsFailed.increment();
        }
    }

    /** Writes every family that is counted here. */
    void writeTo(MetricsText text) {
        // Read before the requests, so that a request that begins meanwhile does not count as less than none.
        long done = completed.sum();
        long begun = requests.sum();
        text.counter("cloudflared_tunnel_total_requests", "Amount of requests proxied through all the tunnels")
                .sample(begun);
        text.gauge(
                        "cloudflared_tunnel_concurrent_requests_per_tunnel",
                        "Concurrent requests proxied through each tunnel")
                .sample(begun - done);
        text.counter("cloudflared_tunnel_request_errors", "Count of error proxying to origin")
                .sample(failed.sum());
        MetricsText.Family codes =
                text.counter("cloudflared_tunnel_response_by_code", "Count of responses by HTTP status code");
        for (int status = 0; status <= MAX_STATUS; status++) {
            if (byStatus.get(status) > 0) {
                codes.sample(byStatus.get(status), "status_code", Integer.toString(status));
            }
        }
        writeRegistrations(text);
        text.counter("cloudflared_config_local_config_pushes", "Number of local configuration pushes to the edge")
                .sample(reports.sum());
        text.counter(
                        "cloudflared_config_local_config_pushes_errors",
                        "Number of errors occurred during local configuration pushes")
                .sample(reportsFailed.sum());
    }

    private void writeRegistrations(MetricsText text) {
        long accepted = registered.sum();
        MetricsText.Family success =
                text.counter("cloudflared_tunnel_tunnel_register_success", "Count of successful tunnel registrations");
        if (accepted > 0) {
            success.sample(accepted, "rpcName", "registerConnection");
        }
        MetricsText.Family fail =
                text.counter("cloudflared_tunnel_tunnel_register_fail", "Count of tunnel registration errors by type");
        if (duplicates.sum() > 0) {
            fail.sample(duplicates.sum(), "error", "dup_edge_conn", "rpcName", "registerConnection");
        }
        if (refused.sum() > 0) {
            fail.sample(refused.sum(), "error", "server_error", "rpcName", "registerConnection");
        }
        MetricsText.Family where = text.gauge(
                "cloudflared_tunnel_server_locations",
                "Where each tunnel is connected to. 1 means current location, 0 means previous locations.");
        synchronized (places) {
            places.forEach((place, now) -> where.sample(
                    now ? 1 : 0, "connection_id", Integer.toString(place.slot()), "edge_location", place.location()));
        }
    }
}
