package dev.adit.tunnel.netty.connector.status;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.adit.tunnel.AccessPolicy;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules in force with every setting written out, durations in seconds. Holds no secret: rules know none, and the
 * tunnel's credentials do not come here. Source of the names: cloudflared 2026.8.2, {@code
 * orchestration/orchestrator.go} and {@code ingress/config.go}.
 */
final class RulesJson {

    private static final double NANOS = 1e9;

    private RulesJson() {}

    /** Writes {@code {"version":…,"config":{…}}}. */
    static void write(JsonGenerator json, int version, Ingress ingress) throws IOException {
        json.writeStartObject();
        json.writeNumberField("version", version);
        json.writeObjectFieldStart("config");
        json.writeArrayFieldStart("ingress");
        for (IngressRule rule : ingress.rules()) {
            json.writeStartObject();
            json.writeStringField("hostname", orEmpty(rule.hostnamePattern()));
            json.writeStringField("path", rule.pathPattern());
            json.writeStringField("service", rule.origin().toString());
            json.writeNullField("Handlers");
            json.writeFieldName("originRequest");
            write(json, rule.options(), rule.origin());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("warp-routing");
        json.writeEndObject();
        json.writeFieldName("originRequest");
        write(json, OriginOptions.defaults(), null);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, OriginOptions options, @Nullable Origin origin) throws IOException {
        json.writeStartObject();
        seconds(json, "connectTimeout", options.connectTimeout());
        seconds(json, "tlsTimeout", options.tlsTimeout());
        seconds(json, "tcpKeepAlive", options.tcpKeepAlive());
        json.writeBooleanField("noHappyEyeballs", options.noHappyEyeballs());
        seconds(json, "keepAliveTimeout", options.keepAliveTimeout());
        json.writeNumberField("keepAliveConnections", options.keepAliveConnections());
        json.writeStringField("httpHostHeader", orEmpty(options.httpHostHeader()));
        json.writeStringField("originServerName", orEmpty(options.originServerName()));
        json.writeBooleanField("matchSNItoHost", options.matchSniToHost());
        json.writeStringField(
                "caPool", options.caPool() == null ? "" : options.caPool().toString());
        json.writeBooleanField("noTLSVerify", options.noTlsVerify());
        json.writeBooleanField("disableChunkedEncoding", options.disableChunkedEncoding());
        json.writeBooleanField("bastionMode", origin instanceof Origin.Bastion);
        json.writeStringField("proxyAddress", "127.0.0.1");
        json.writeNumberField("proxyPort", 0);
        json.writeStringField(
                "proxyType",
                options.proxyType() == OriginOptions.ProxyType.SOCKS || origin instanceof Origin.Socks ? "socks" : "");
        json.writeFieldName("ipRules");
        write(json, ipRules(origin));
        json.writeBooleanField("http2Origin", options.http2Origin());
        json.writeFieldName("access");
        write(json, options.access());
        if (!options.responseTimeout().equals(OriginOptions.defaults().responseTimeout())) {
            seconds(json, "responseTimeout", options.responseTimeout());
        }
        json.writeEndObject();
    }

    private static List<IpRule> ipRules(@Nullable Origin origin) {
        if (origin instanceof Origin.Bastion bastion) {
            return bastion.rules();
        }
        return origin instanceof Origin.Socks socks ? socks.rules() : List.of();
    }

    private static void write(JsonGenerator json, List<IpRule> rules) throws IOException {
        if (rules.isEmpty()) {
            json.writeNull();
            return;
        }
        json.writeStartArray();
        for (IpRule rule : rules) {
            json.writeStartObject();
            json.writeStringField("prefix", rule.prefix());
            json.writeArrayFieldStart("ports");
            for (int port : rule.ports()) {
                json.writeNumber(port);
            }
            json.writeEndArray();
            json.writeBooleanField("allow", rule.allow());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, @Nullable AccessPolicy access) throws IOException {
        json.writeStartObject();
        if (access != null && access.required()) {
            json.writeBooleanField("required", true);
        }
        json.writeStringField("teamName", access == null ? "" : access.teamName());
        json.writeFieldName("audTag");
        if (access == null || access.audTags().isEmpty()) {
            json.writeNull();
        } else {
            json.writeStartArray();
            for (String tag : access.audTags()) {
                json.writeString(tag);
            }
            json.writeEndArray();
        }
        if (access != null && !access.environment().isEmpty()) {
            json.writeStringField("environment", access.environment());
        }
        json.writeEndObject();
    }

    private static void seconds(JsonGenerator json, String name, Duration value) throws IOException {
        if (value.equals(Duration.ofSeconds(value.toSeconds()))) {
            json.writeNumberField(name, value.toSeconds());
        } else {
            json.writeNumberField(name, value.toNanos() / NANOS);
        }
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }
}
