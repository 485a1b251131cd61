package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.wire.LogText;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** What an answer other than 101 means, in words. */
final class Refusal {

    /** Where Cloudflare Access sends people to log in. Source: cloudflared 2026.8.2, {@code token/path.go}. */
    private static final String LOGIN = "/cdn-cgi/access/login";

    private Refusal() {}

    static TunnelException of(AccessTarget target, int status, @Nullable String location) {
        return new TunnelException(target + " " + text(status, location));
    }

    private static String text(int status, @Nullable String location) {
        if (status < 400 && location != null) {
            return status < 300 ? notAStream(status) : redirect(status, location);
        }
        return switch (status) {
            case 401 -> "wants to know who asks (401). Give a service token, or the header that it expects.";
            case 403 ->
                "refuses access (403). Give a service token, or check that the given one is not expired and that"
                        + " the policy of the application allows it.";
            case 404 -> "has no such service (404). Check the host name, and that the tunnel has a rule for it.";
            case 429 -> "takes no more connections from here for now (429). Try again later.";
            case 502, 504 ->
                "has a tunnel, but its connector does not reach the TCP service (" + status
                        + "). Check that the service runs; the connector's log says more.";
            case 530 -> "has a tunnel, but no connector is connected to it (530). Start the connector.";
            default ->
                status >= 500
                        ? "cannot serve at the moment (" + status + "). Try again later; the edge's log says more."
                        : notAStream(status);
        };
    }

    private static String notAStream(int status) {
        return "answered " + status + " where a TCP service answers 101. Check that the rule of this host leads to a"
                + " tcp, ssh, rdp, smb or bastion service.";
    }

    /** The query of a redirect may hold secrets and is left out. */
    private static String redirect(int status, String location) {
        String host = "";
        String path = "";
        try {
            URI to = new URI(location);
            host = to.getHost() == null ? "" : to.getHost();
            path = to.getRawPath() == null ? "" : to.getRawPath();
        } catch (URISyntaxException e) {
            path = "an address that cannot be read";
        }
        if (path.startsWith(LOGIN)) {
            return "asks for a login by Cloudflare Access (" + status + "). People cannot log in here: give a service"
                    + " token that the policy of the application allows, or the header Cf-Access-Token.";
        }
        return "answered with a redirect (" + status + ") to " + LogText.safe(host + path)
                + ". Give the host name that it leads to.";
    }
}
