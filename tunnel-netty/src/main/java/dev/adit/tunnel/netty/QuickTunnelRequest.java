package dev.adit.tunnel.netty;

import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;

/**
 * Asks a service for a tunnel made on the spot: {@code POST /tunnel}, 15 s. Blocks: call it off the event loops. Source:
 * cloudflared 2026.8.2, {@code cmd/cloudflared/tunnel/quick_tunnel.go}.
 */
final class QuickTunnelRequest {

    private static final int TIMEOUT_MILLIS = 15_000;
    private static final int MAX_ANSWER = 64 * 1024;

    private final URI service;

    QuickTunnelRequest(URI service) {
        this.service = service;
    }

    QuickTunnel send() {
        String answer;
        try {
            answer = post(service.resolve("/tunnel"));
        } catch (IOException | IllegalArgumentException | ClassCastException e) {
            throw new TunnelException(
                    "The quick-tunnel service " + service + " cannot be asked: " + e.getMessage()
                            + ". Check TUNNEL_QUICK_SERVICE, or give credentials of a tunnel of your own.",
                    e);
        }
        return read(answer);
    }

    private static String post(URI uri) throws IOException {
        HttpURLConnection http = (HttpURLConnection) uri.toURL().openConnection();
        try {
            http.setRequestMethod("POST");
            http.setConnectTimeout(TIMEOUT_MILLIS);
            http.setReadTimeout(TIMEOUT_MILLIS);
            http.setUseCaches(false);
            http.setInstanceFollowRedirects(false);
            http.setRequestProperty("Content-Type", "application/json");
            http.setRequestProperty("User-Agent", "adit");
            http.setRequestProperty("Connection", "close");
            http.setDoOutput(true);
            http.setFixedLengthStreamingMode(0);
            http.getOutputStream().close();
            int status = http.getResponseCode();
            try (InputStream body =
                    status < HttpURLConnection.HTTP_BAD_REQUEST ? http.getInputStream() : http.getErrorStream()) {
                if (body == null || status >= HttpURLConnection.HTTP_BAD_REQUEST) {
                    throw new IOException("it answered " + status);
                }
                return new String(body.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
            }
        } finally {
            http.disconnect();
        }
    }

    private QuickTunnel read(String answer) {
        try {
            Map<String, String> result = FlatJson.read(answer, "result");
            String hostname = value(result, "hostname");
            TunnelCredentials credentials = TunnelCredentials.of(
                    value(result, "account_tag"),
                    UUID.fromString(value(result, "id")),
                    Base64.getDecoder().decode(value(result, "secret")));
            String url = result.get("url");
            return new QuickTunnel(credentials, hostname, URI.create(url == null ? "https://" + hostname + "/" : url));
        } catch (IllegalArgumentException e) {
            // The cause is left out: the answer holds the tunnel's secret.
            throw new TunnelException("The quick-tunnel service " + service
                    + " answered something that is no tunnel. Check that TUNNEL_QUICK_SERVICE names such a service.");
        }
    }

    private static String value(Map<String, String> result, String name) {
        String value = result.get(name);
        if (value == null) {
            throw new IllegalArgumentException("There is no " + name);
        }
        return value;
    }
}
