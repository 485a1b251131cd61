package dev.adit.tunnel.netty.connector.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.event.TunnelEvent;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is counted, and that it stays bounded. */
class TunnelCountsTest {

    private static final int MANY = 1000;

    private final TunnelCounts counts = new TunnelCounts();

    @Test
    void answersCountIfTheyAreTheOrigins() {
        completed(200, null);
        completed(404, null);
        completed(502, OriginFailure.CONNECT_FAILED);
        completed(403, OriginFailure.ACCESS_DENIED);
        completed(206, OriginFailure.RESPONSE_CUT_SHORT);
        completed(101, null);
        completed(0, OriginFailure.VISITOR_GONE);
        assertThat(samples())
                .containsEntry("cloudflared_tunnel_total_requests", 7.0)
                .containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 0.0)
                .containsEntry("cloudflared_tunnel_request_errors", 3.0);
        assertThat(samples().keySet())
                .filteredOn(series -> series.startsWith("cloudflared_tunnel_response_by_code"))
                .containsExactly(
                        "cloudflared_tunnel_response_by_code{status_code=\"200\"}",
                        "cloudflared_tunnel_response_by_code{status_code=\"206\"}",
                        "cloudflared_tunnel_response_by_code{status_code=\"404\"}");
    }

    @Test
    void aRequestRunsUntilItIsCompleted() {
        counts.requestBegan();
        counts.requestBegan();
        assertThat(samples()).containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 2.0);
        counts.happened(request(200, null));
        assertThat(samples()).containsEntry("cloudflared_tunnel_concurrent_requests_per_tunnel", 1.0);
    }

    @Test
    void aConnectionsFormerLocationsStandAtZero() {
        registered(0, "lis01");
        registered(1, "fra02");
        registered(0, "mad01");
        registered(0, "lis01");
        assertThat(samples())
                .containsEntry(location(0, "lis01"), 1.0)
                .containsEntry(location(0, "mad01"), 0.0)
                .containsEntry(location(1, "fra02"), 1.0)
                .containsEntry("cloudflared_tunnel_tunnel_register_success{rpcName=\"registerConnection\"}", 4.0);
    }

    @Test
    void anEdgeThatMakesLocationsUpAddsNoSeriesWithoutEnd() {
        registered(1, "fra02");
        for (int i = 0; i < MANY; i++) {
            registered(0, "x" + i);
        }
        assertThat(samples().keySet())
                .filteredOn(series -> series.startsWith("cloudflared_tunnel_server_locations"))
                .hasSize(100)
                .contains(location(0, "x" + (MANY - 1)), location(1, "fra02"));
    }

    @Test
    void refusalsCountByTheirKind() {
        counts.registrationFailed("Registration refused for tunnel x: EDUPCONN. It is tried again.");
        counts.registrationFailed("Registration refused for tunnel x: Unauthorized.");
        counts.registrationFailed("not answered");
        String name = "cloudflared_tunnel_tunnel_register_fail";
        assertThat(samples())
                .containsEntry(name + "{error=\"dup_edge_conn\",rpcName=\"registerConnection\"}", 1.0)
                .containsEntry(name + "{error=\"server_error\",rpcName=\"registerConnection\"}", 2.0);
    }

    @Test
    void whatAnEdgeCallsItsLocationCannotBreakALine() {
        registered(0, "a\\b\"c\nd");
        assertThat(samples()).containsEntry(location(0, "a\\\\b\\\"c\\nd"), 1.0);
    }

    private void completed(int status, @Nullable OriginFailure failure) {
        counts.requestBegan();
        counts.happened(request(status, failure));
    }

    private static TunnelEvent request(int status, @Nullable OriginFailure failure) {
        return new TunnelEvent.RequestCompleted(
                Instant.now(), "GET", "app.test", "/", status, 0, Duration.ZERO, 0, 0, failure);
    }

    private void registered(int index, String location) {
        counts.happened(new TunnelEvent.ConnectionRegistered(
                Instant.now(),
                new ConnectionInfo(
                        index, new UUID(0, 1), new InetSocketAddress("127.0.0.1", 7844), location, Instant.now())));
    }

    private static String location(int index, String name) {
        return "cloudflared_tunnel_server_locations{connection_id=\"" + index + "\",edge_location=\"" + name + "\"}";
    }

    private Map<String, Double> samples() {
        MetricsText text = new MetricsText();
        counts.writeTo(text);
        return Families.read(text.toString()).samples();
    }
}
