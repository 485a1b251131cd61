package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.EdgeIpVersion;
import dev.adit.tunnel.EdgeTrust;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.event.TunnelEvent;
import dev.adit.tunnel.event.TunnelListener;
import dev.adit.tunnel.examples.CtrlC;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code tunnel run}: from flags, environment and file to a running tunnel, until SIGTERM or Ctrl-C. */
final class RunCommand {

    private static final Duration MAX_GRACE = Duration.ofMinutes(3);
    private static final int DEFAULT_METRICS_PORT = 20_241;
    private static final int DEFAULT_METRICS_PORTS = 5;

    private final Console console;
    private final Values values;

    RunCommand(Console console, Values values) {
        this.console = console;
        this.values = values;
    }

    int run(List<String> arguments) throws InterruptedException {
        TunnelClient.Builder builder = TunnelClient.builder().credentials(Identity.of(values, arguments));
        ingress(!arguments.isEmpty()).ifPresent(builder::ingress);
        return run(builder);
    }

    /** A tunnel with a random name, for one origin. */
    int runQuick() throws InterruptedException {
        if (values.text("token").isPresent() || values.text("token-file").isPresent()) {
            throw new TunnelException("A token is for \"tunnel run\"; \"tunnel\" alone asks for a quick tunnel.");
        }
        Ingress ingress = SingleOrigin.of(values, false)
                .orElseThrow(
                        () -> new TunnelException(
                                "There is nothing to serve. Give --url or --hello-world for a quick tunnel, or use \"tunnel run\"."));
        TunnelClient.Builder builder = TunnelClient.builder().ingress(ingress);
        values.text("quick-service").map(URI::create).ifPresent(builder::quickService);
        return run(builder);
    }

    private int run(TunnelClient.Builder builder) throws InterruptedException {
        Log.configure(values);
        configureEdge(builder);
        Duration grace = grace();
        builder.statusListener(metrics()).gracePeriod(grace).listener(new Connections());
        try (Tunnel tunnel = builder.build().start()) {
            tunnel.url().ifPresent(url -> console.note("Visitors reach it at " + url));
            tunnel.statusAddress()
                    .ifPresent(address -> console.note("Status and metrics at http://" + address.getHostString() + ":"
                            + address.getPort() + "/metrics"));
            writePid();
            console.note("The tunnel " + tunnel.id() + " runs. SIGTERM or Ctrl-C ends it, after up to "
                    + grace.toSeconds() + " s for running requests.");
            CtrlC.await();
            CloseReport report = tunnel.close(grace);
            console.note("Drained in " + report.took().toMillis() + " ms, "
                    + report.cut().size() + " requests were cut.");
            return 0;
        }
    }

    /** Empty to take the rules that the edge pushes. */
    private Optional<Ingress> ingress(boolean hasArgument) {
        if (values.hasRules()) {
            Ingress ingress = IngressCommands.checked(() -> values.rules(IngressCommands.mode(values)));
            IngressCommands.warn(console, values, ingress);
            values.unusedKeys().ifPresent(keys -> console.note("Unused keys in the configuration: " + keys));
            return Optional.of(ingress);
        }
        Optional<Ingress> single = SingleOrigin.of(values, hasArgument);
        if (single.isEmpty()) {
            console.note("No ingress rules were defined in the configuration, and no --url: requests are answered 503"
                    + " unless the edge pushes rules.");
        }
        return single;
    }

    private void configureEdge(TunnelClient.Builder builder) {
        String protocol = values.text("protocol").orElse("auto");
        if (!List.of("auto", "http2").contains(protocol)) {
            throw new TunnelException("--protocol " + protocol + " is refused: the tunnel runs over HTTP/2 alone."
                    + " Leave it out, or say http2.");
        }
        builder.edgeIpVersion(
                switch (values.text("edge-ip-version").orElse("auto")) {
                    case "auto" -> EdgeIpVersion.AUTO;
                    case "4" -> EdgeIpVersion.IPV4;
                    case "6" -> EdgeIpVersion.IPV6;
                    default -> throw new TunnelException("--edge-ip-version (expected: 4, 6 or auto)");
                });
        values.text("region").ifPresent(builder::region);
        InetSocketAddress[] edges =
                values.list("edge").stream().map(RunCommand::hostAndPort).toArray(InetSocketAddress[]::new);
        if (edges.length > 0) {
            builder.edgeAddresses(edges);
        }
        values.text("cacert").map(Path::of).map(EdgeTrust::only).ifPresent(builder::edgeTrust);
        values.number("ha-connections").ifPresent(builder::connections);
        values.duration("rpc-timeout").ifPresent(builder::registrationTimeout);
        values.duration("dial-edge-timeout").ifPresent(builder::connectTimeout);
    }

    private Duration grace() {
        Duration grace = values.duration("grace-period").orElse(Duration.ofSeconds(30));
        if (grace.compareTo(MAX_GRACE) > 0) {
            throw new TunnelException("grace-period must be equal or less than 3m0s");
        }
        return grace;
    }

    /** The given address, else the first of cloudflared's that is free. */
    private InetSocketAddress metrics() {
        Optional<String> given = values.text("metrics");
        if (given.isPresent()) {
            InetSocketAddress address = hostAndPort(given.get());
            return address.getHostString().isEmpty()
                    ? new InetSocketAddress(address.getPort())
                    : new InetSocketAddress(address.getHostString(), address.getPort());
        }
        for (int port = DEFAULT_METRICS_PORT; port < DEFAULT_METRICS_PORT + DEFAULT_METRICS_PORTS; port++) {
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                return new InetSocketAddress("127.0.0.1", probe.getLocalPort());
            } catch (IOException e) {
                // The next one.
            }
        }
        return new InetSocketAddress("127.0.0.1", 0);
    }

    static InetSocketAddress hostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, Math.max(colon, 0));
            int port = Integer.parseInt(text.substring(colon + 1));
            String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            return InetSocketAddress.createUnresolved(bare, port);
        } catch (IllegalArgumentException e) {
            throw new TunnelException("'" + text + "' (expected: host:port)", e);
        }
    }

    private void writePid() {
        values.text("pidfile").ifPresent(file -> {
            try {
                Files.writeString(Path.of(file), ProcessHandle.current().pid() + "\n");
            } catch (IOException e) {
                console.note("The process id could not be written to " + file + ": " + e);
            }
        });
    }

    /** Says what people look for in the log of a connector. */
    private final class Connections implements TunnelListener {

        @Override
        public void connectionRegistered(TunnelEvent.ConnectionRegistered event) {
            console.note(String.format(
                    Locale.ROOT,
                    "Registered tunnel connection connIndex=%d edge=%s location=%s",
                    event.connection().index(),
                    event.connection().edgeAddress().getHostString() + ":"
                            + event.connection().edgeAddress().getPort(),
                    event.connection().location()));
        }
    }
}
