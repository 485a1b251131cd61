package dev.adit.tunnel;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the environment says where the application is silent. The names are cloudflared's. */
final class ClientEnvironment {

    /** A name or an IPv4 address; neither a URL nor an IPv6 address without brackets. */
    private static final Pattern NAME = Pattern.compile("[^\\s:/@\\[\\]]+");

    private final Map<String, String> variables;

    ClientEnvironment(Map<String, String> variables) {
        this.variables = variables;
    }

    @Nullable
    TunnelCredentials credentials() {
        String token = value("TUNNEL_TOKEN");
        return token == null ? null : TunnelCredentials.fromToken(token);
    }

    List<InetSocketAddress> edgeAddresses() {
        String list = value("TUNNEL_EDGE");
        List<InetSocketAddress> addresses = new ArrayList<>();
        if (list != null) {
            for (String item : list.split(",", -1)) {
                addresses.add(address(item.strip()));
            }
        }
        return addresses;
    }

    EdgeTrust edgeTrust() {
        String file = value("TUNNEL_CACERT");
        return file == null ? EdgeTrust.cloudflare() : EdgeTrust.only(Path.of(file));
    }

    URI quickService(String otherwise) {
        String service = value("TUNNEL_QUICK_SERVICE");
        try {
            return new URI(service == null ? otherwise : service);
        } catch (URISyntaxException e) {
            throw new TunnelException(
                    "TUNNEL_QUICK_SERVICE is no URL: " + e.getMessage() + ". Give one such as " + otherwise + ".", e);
        }
    }

    @Nullable
    String region() {
        String region = value("TUNNEL_REGION");
        if (region != null && !TunnelClient.Builder.REGION.matcher(region).matches()) {
            throw new TunnelException("TUNNEL_REGION is '" + region + "', which is no region. Give one such as us.");
        }
        return region;
    }

    EdgeIpVersion edgeIpVersion() {
        String version = value("TUNNEL_EDGE_IP_VERSION");
        return switch (version == null ? "auto" : version) {
            case "auto" -> EdgeIpVersion.AUTO;
            case "4" -> EdgeIpVersion.IPV4;
            case "6" -> EdgeIpVersion.IPV6;
            default ->
                throw new TunnelException(
                        "TUNNEL_EDGE_IP_VERSION is '" + version + "', which means nothing. Give auto, 4 or 6.");
        };
    }

    @Nullable
    EdgeProxy proxy() {
        String proxy = either("HTTPS_PROXY", "https_proxy");
        if (proxy == null) {
            return null;
        }
        try {
            return EdgeProxy.parse(proxy);
        } catch (TunnelException e) {
            throw new TunnelException("HTTPS_PROXY: " + e.getMessage() + " Or call noProxy() to do without.", e);
        }
    }

    List<String> noProxy() {
        String list = either("NO_PROXY", "no_proxy");
        return list == null ? List.of() : List.of(list.split(",", -1));
    }

    private @Nullable String either(String name, String other) {
        String value = value(name);
        return value == null ? value(other) : value;
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, Math.max(colon, 0));
            int port = Integer.parseInt(text.substring(colon + 1));
            boolean literal = host.startsWith("[") && host.endsWith("]");
            if (port > 0 && (literal || NAME.matcher(host).matches())) {
                return InetSocketAddress.createUnresolved(literal ? host.substring(1, host.length() - 1) : host, port);
            }
        } catch (IllegalArgumentException e) {
            // Told below, in our own words.
        }
        throw new TunnelException("TUNNEL_EDGE has the entry '" + text + "', which is not host:port. "
                + "Give addresses such as 203.0.113.7:7844, separated by commas.");
    }

    private @Nullable String value(String name) {
        String value = variables.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
