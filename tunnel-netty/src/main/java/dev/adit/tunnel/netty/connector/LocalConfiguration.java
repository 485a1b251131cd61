package dev.adit.tunnel.netty.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;

/**
 * The rules in force as the edge wants to be told of them: JSON in cloudflared's remote form, durations in seconds,
 * settings only where they differ from their defaults. Source: cloudflared 2026.8.2, {@code config/configuration.go}.
 */
final class LocalConfiguration {

    private static final JsonFactory JSON = new JsonFactory();
    private static final double NANOS = 1e9;

    private LocalConfiguration() {}

    static byte[] of(Ingress ingress) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeArrayFieldStart("ingress");
            for (int index = 0; index < ingress.rules().size(); index++) {
                write(json, ingress.rules().get(index), ingress.services().get(index));
            }
            json.writeEndArray();
            json.writeObjectFieldStart("warp-routing");
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, IngressRule rule, String service) throws IOException {
        json.writeStartObject();
        if (rule.hostnamePattern() != null) {
            json.writeStringField("hostname", rule.hostnamePattern());
        }
        if (rule.pathPattern() != null) {
            json.writeStringField("path", rule.pathPattern());
        }
        json.writeStringField("service", service);
        json.writeObjectFieldStart("originRequest");
        write(json, rule.options(), OriginOptions.defaults());
        write(json, rule.origin());
        writeLast(json, rule.options());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, OriginOptions options, OriginOptions defaults) throws IOException {
        seconds(json, "connectTimeout", options.connectTimeout(), defaults.connectTimeout());
        seconds(json, "tlsTimeout", options.tlsTimeout(), defaults.tlsTimeout());
        seconds(json, "tcpKeepAlive", options.tcpKeepAlive(), defaults.tcpKeepAlive());
        if (options.noHappyEyeballs()) {
            json.writeBooleanField("noHappyEyeballs", true);
        }
        if (options.keepAliveConnections() != defaults.keepAliveConnections()) {
            json.writeNumberField("keepAliveConnections", options.keepAliveConnections());
        }
        seconds(json, "keepAliveTimeout", options.keepAliveTimeout(), defaults.keepAliveTimeout());
        if (options.httpHostHeader() != null) {
            json.writeStringField("httpHostHeader", options.httpHostHeader());
        }
        if (options.originServerName() != null) {
            json.writeStringField("originServerName", options.originServerName());
        }
        if (options.matchSniToHost()) {
            json.writeBooleanField("matchSNItoHost", true);
        }
        if (options.caPool() != null) {
            json.writeStringField("caPool", options.caPool().toString());
        }
        if (options.noTlsVerify()) {
            json.writeBooleanField("noTLSVerify", true);
        }
        if (options.disableChunkedEncoding()) {
            json.writeBooleanField("disableChunkedEncoding", true);
        }
    }

    /** What cloudflared counts as a setting and is part of the origin here. */
    private static void write(JsonGenerator json, Origin origin) throws IOException {
        if (origin instanceof Origin.Bastion bastion) {
            json.writeBooleanField("bastionMode", true);
            write(json, bastion.rules());
        } else if (origin instanceof Origin.Socks socks) {
            write(json, socks.rules());
        }
    }

    private static void write(JsonGenerator json, List<IpRule> rules) throws IOException {
        if (rules.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("ipRules");
        for (IpRule rule : rules) {
            json.writeStartObject();
            json.writeStringField("prefix", rule.prefix());
            if (rule.ports().isEmpty()) {
                json.writeNullField("ports");
            } else {
                json.writeArrayFieldStart("ports");
                for (int port : rule.ports()) {
                    json.writeNumber(port);
                }
                json.writeEndArray();
            }
            json.writeBooleanField("allow", rule.allow());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeLast(JsonGenerator json, OriginOptions options) throws IOException {
        if (options.proxyType() == OriginOptions.ProxyType.SOCKS) {
            json.writeStringField("proxyType", "socks");
        }
        if (options.http2Origin()) {
            json.writeBooleanField("http2Origin", true);
        }
        AccessPolicy access = options.access();
        if (access != null && access.required()) {
            json.writeObjectFieldStart("access");
            json.writeBooleanField("required", true);
            json.writeStringField("teamName", access.teamName());
            json.writeArrayFieldStart("audTag");
            for (String tag : access.audTags()) {
                json.writeString(tag);
            }
            json.writeEndArray();
            if (!access.environment().isEmpty()) {
                json.writeStringField("environment", access.environment());
            }
            json.writeEndObject();
        }
    }

    private static void seconds(JsonGenerator json, String name, Duration value, Duration otherwise)
            throws IOException {
        if (value.equals(otherwise)) {
            return;
        }
        if (value.equals(Duration.ofSeconds(value.toSeconds()))) {
            json.writeNumberField(name, value.toSeconds());
        } else {
            json.writeNumberField(name, value.toNanos() / NANOS);
        }
    }
}
