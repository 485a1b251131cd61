package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.TcpAccess;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.examples.CtrlC;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** {@code access tcp}: a local port, or standard input and output, that lead to a TCP service behind a tunnel. */
final class AccessCommand {

    private AccessCommand() {}

    static CommandSpec spec() {
        CommandSpec spec =
                CommandSpec.create().name("tcp").aliases("ssh", "rdp", "smb").mixinStandardHelpOptions(true);
        spec.usageMessage()
                .description(
                        "Leads a local port to a TCP service behind a tunnel; without --url, standard input and output.");
        spec.addOption(text(
                "the service's host name, or its URL for http [TUNNEL_SERVICE_HOSTNAME]",
                "--hostname",
                "--tunnel-host",
                "-T"));
        spec.addOption(
                text("where to listen, such as localhost:2222 [TUNNEL_SERVICE_URL]", "--url", "--listener", "-L"));
        spec.addOption(text("host:port behind a bastion [TUNNEL_SERVICE_DESTINATION]", "--destination"));
        spec.addOption(text("the id of a service token [TUNNEL_SERVICE_TOKEN_ID]", "--service-token-id", "--id"));
        spec.addOption(text(
                "the secret of a service token [TUNNEL_SERVICE_TOKEN_SECRET]", "--service-token-secret", "--secret"));
        spec.addOption(text("host:port to connect to in place of the host name's", "--connect-to"));
        spec.addOption(text("a PEM file of authorities to trust in place of the JVM's (ours alone)", "--cacert"));
        spec.addOption(OptionSpec.builder("--header", "-H")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .description("a further header, such as 'Name: value'")
                .build());
        return spec;
    }

    private static OptionSpec text(String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .arity("1")
                .description(description)
                .build();
    }

    private static Optional<String> value(Console console, ParseResult parsed, String option, String variable) {
        return Optional.ofNullable(parsed.<String>matchedOptionValue(option, null))
                .or(() -> Optional.ofNullable(console.environment().get(variable)))
                .filter(value -> !value.isEmpty());
    }

    static int run(Console console, ParseResult parsed) throws InterruptedException {
        TcpAccess.Builder access = TcpAccess.builder();
        String host = value(console, parsed, "--hostname", "TUNNEL_SERVICE_HOSTNAME")
                .orElseThrow(() -> new TunnelException("There is no host to connect to. Give --hostname."));
        if (host.contains("://")) {
            access.url(URI.create(host));
        } else {
            access.hostname(host);
        }
        value(console, parsed, "--destination", "TUNNEL_SERVICE_DESTINATION").ifPresent(access::destination);
        Optional<String> id = value(console, parsed, "--service-token-id", "TUNNEL_SERVICE_TOKEN_ID");
        Optional<String> secret = value(console, parsed, "--service-token-secret", "TUNNEL_SERVICE_TOKEN_SECRET");
        if (id.isPresent() != secret.isPresent()) {
            throw new TunnelException("A service token has an id and a secret. Give both, or none.");
        }
        id.ifPresent(present -> access.serviceToken(present, secret.orElseThrow()));
        Optional.ofNullable(parsed.<String>matchedOptionValue("--connect-to", null))
                .map(RunCommand::hostAndPort)
                .ifPresent(access::edgeAddress);
        Optional.ofNullable(parsed.<String>matchedOptionValue("--cacert", null))
                .map(Path::of)
                .ifPresent(access::authorities);
        for (String header : parsed.matchedOptionValue("--header", List.<String>of())) {
            int colon = header.indexOf(':');
            if (colon < 1) {
                throw new TunnelException("A header has the form 'Name: value'. The given one has no name.");
            }
            access.header(
                    header.substring(0, colon).strip(),
                    header.substring(colon + 1).strip());
        }
        Optional<String> listen = value(console, parsed, "--url", "TUNNEL_SERVICE_URL");
        if (listen.isEmpty()) {
            access.copy(console.in(), console.out());
            return 0;
        }
        try (TcpAccess running = access.listen(listener(listen.get())).start()) {
            console.note("Listening on " + running.address().getHostString() + ":"
                    + running.address().getPort() + ". Ctrl-C ends it.");
            CtrlC.await();
        }
        return 0;
    }

    /** {@code host:port}, with or without a scheme in front. */
    private static InetSocketAddress listener(String text) {
        int scheme = text.indexOf("://");
        InetSocketAddress named = RunCommand.hostAndPort(scheme < 0 ? text : text.substring(scheme + 3));
        return new InetSocketAddress(
                named.getHostString().isEmpty() ? "127.0.0.1" : named.getHostString(), named.getPort());
    }
}
