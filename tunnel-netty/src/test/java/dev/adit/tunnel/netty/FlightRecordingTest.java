package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.event.TunnelEvent.RequestCompleted;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.Visitor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a flight recording holds of connections and requests. */
class FlightRecordingTest {

    @TempDir
    Path directory;

    @Test
    void connectionsAndRequestsAreRecordedWithoutQueries() throws Exception {
        Path file = directory.resolve("tunnel.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("dev.adit.Request").withThreshold(Duration.ZERO);
            recording.enable("dev.adit.Connection").withThreshold(Duration.ZERO);
            recording.start();
            EventLog log = new EventLog();
            try (TunnelEdge edge = TunnelEdge.local();
                    Tunnel tunnel = TunnelClient.builder()
                            .edge(edge)
                            .listener(log)
                            .ingress(IngressRule.otherwise(Origin.status(204)))
                            .build()
                            .start()) {
                String host = tunnel.url().orElseThrow().getAuthority();
                Visitor.get(edge.publicAddress(), host, "/a?token=canary");
                log.await(RequestCompleted.class, 1);
                tunnel.close(Duration.ofSeconds(10));
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(named(events, "dev.adit.Request")).singleElement().satisfies(request -> {
            assertThat(request.getString("method")).isEqualTo("GET");
            assertThat(request.getString("path")).isEqualTo("/a");
            assertThat(request.getInt("status")).isEqualTo(204);
            assertThat(request.getInt("rule")).isZero();
            assertThat(request.getString("failure")).isNull();
            assertThat(request.getDuration()).isPositive();
        });
        assertThat(named(events, "dev.adit.Connection"))
                .isNotEmpty()
                .allSatisfy(connection ->
                        assertThat(connection.getString("edgeAddress")).contains("127.0.0.1"));
        assertThat(events.toString()).doesNotContain("canary");
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }
}
