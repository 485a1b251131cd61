package dev.adit.tunnel.netty.connector.status;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.adit.tunnel.ConnectionInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answers, as cloudflared gives them. Source: cloudflared 2026.8.2, {@code metrics/metrics.go}, {@code
 * metrics/readiness.go} and {@code diagnostic/handlers.go}.
 */
final class StatusPages {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final int OK = 200;
    private static final int NOT_READY = 503;

    private final StatusSource source;
    private final TunnelCounts counts;

    StatusPages(StatusSource source, TunnelCounts counts) {
        this.source = source;
        this.counts = counts;
    }

    /** One answer. */
    record Page(int status, String contentType, String body) {

        static Page text(int status, String text) {
            return new Page(status, TEXT, text);
        }
    }

    /** Writes a JSON object. */
    private interface Content {
        void writeTo(JsonGenerator json) throws IOException;
    }

    /**
     * Makes the answer of a path.
     *
     * @return null if there is no such path
     */
    @Nullable
    Page page(String path) {
        return switch (path) {
            case "/ready" -> ready();
            case "/healthcheck" -> Page.text(OK, "OK\n");
            case "/metrics" -> new Page(OK, MetricsText.CONTENT_TYPE, metrics().toString());
            case "/config" ->
                Page.text(OK, json(json -> RulesJson.write(json, source.configurationVersion(), source.ingress())));
            case "/diag/tunnel" -> Page.text(OK, json(this::tunnel) + "\n");
            case "/quicktunnel" ->
                Page.text(OK, json(json -> {
                    json.writeStartObject();
                    json.writeStringField("hostname", source.quickHostname());
                    json.writeEndObject();
                }));
            default -> null;
        };
    }

    private Page ready() {
        int connections = source.readyConnections().size();
        int status = connections > 0 ? OK : NOT_READY;
        return Page.text(status, json(json -> {
            json.writeStartObject();
            json.writeNumberField("status", status);
            json.writeNumberField("readyConnections", connections);
            json.writeStringField("connectorId", source.connectorId().toString());
            json.writeEndObject();
        }));
    }

    /** Zero and empty values are left out, as there; HTTP/2 is its protocol 0. */
    private void tunnel(JsonGenerator json) throws IOException {
        List<ConnectionInfo> connections = source.readyConnections();
        json.writeStartObject();
        json.writeStringField("tunnelID", source.tunnelId().toString());
        json.writeStringField("connectorID", source.connectorId().toString());
        if (!connections.isEmpty()) {
            json.writeArrayFieldStart("connections");
            for (ConnectionInfo connection : connections) {
                json.writeStartObject();
                json.writeBooleanField("isConnected", true);
                if (connection.edgeAddress().getAddress() != null) {
                    json.writeStringField(
                            "edgeAddress", connection.edgeAddress().getAddress().getHostAddress());
                }
                if (connection.index() != 0) {
                    json.writeNumberField("index", connection.index());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private MetricsText metrics() {
        MetricsText text = new MetricsText();
        text.gauge("build_info", "Build and version information")
                .sample(
                        1,
                        "javaversion",
                        Runtime.version().toString(),
                        "revision",
                        "unknown",
                        "type",
                        "",
                        "version",
                        source.version());
        text.gauge("cloudflared_tunnel_ha_connections", "Number of active ha connections")
                .sample(source.readyConnections().size());
        text.gauge("cloudflared_orchestration_config_version", "Configuration Version")
                .sample(Math.max(0, source.configurationVersion()));
        counts.writeTo(text);
        return text;
    }

    private static String json(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            content.writeTo(json);
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory does not fail", e);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
