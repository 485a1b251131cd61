package dev.adit.tunnel.examples.cli;

import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The tree of commands, in cloudflared's names. Flags of {@code tunnel} may stand before or behind its subcommands. */
final class Commands {

    private final Console console;
    private final CommandLine root;

    Commands(Console console) {
        this.console = console;
        CommandSpec adit = group("adit", "Adit, in place of cloudflared: tunnels over HTTP/2.");
        CommandSpec tunnel = flagged("tunnel", "Without a subcommand: a quick tunnel to --url or --hello-world.");
        CommandSpec ingress = group("ingress", "Looks at the rules of a configuration file.");
        ingress.addSubcommand("validate", validate());
        ingress.addSubcommand("rule", withArgument(flagged("rule", "Tells which rule matches a URL."), "URL"));
        tunnel.addSubcommand("ingress", ingress);
        tunnel.addSubcommand("run", withArgument(flagged("run", "Runs a tunnel."), "TUNNEL"));
        CommandSpec access = group("access", "Reaches services behind a tunnel from this machine.");
        access.addSubcommand("tcp", AccessCommand.spec());
        adit.addSubcommand("tunnel", tunnel);
        adit.addSubcommand("access", access);
        root = new CommandLine(adit).setOverwrittenOptionsAllowed(true);
    }

    private static CommandSpec group(String name, String description) {
        CommandSpec spec = CommandSpec.create().name(name).mixinStandardHelpOptions(true);
        spec.usageMessage().description(description);
        return spec;
    }

    private static CommandSpec flagged(String name, String description) {
        CommandSpec spec = group(name, description);
        Flags.all().forEach(flag -> spec.addOption(option(flag)));
        return spec;
    }

    private static OptionSpec option(Flag flag) {
        String[] names = flag.names().stream().map(name -> "--" + name).toArray(String[]::new);
        OptionSpec.Builder option = OptionSpec.builder(names)
                .hidden(flag.use() != Flag.Use.WORKS)
                .description(
                        flag.text().replace("%", "%%") + (flag.variables().isEmpty() ? "" : " " + flag.variables()));
        return switch (flag.kind()) {
            case SWITCH ->
                option.type(Boolean.class).arity("0..1").fallbackValue("true").build();
            case LIST ->
                option.type(List.class).auxiliaryTypes(String.class).arity("1").build();
            default -> option.type(String.class).arity("1").build();
        };
    }

    private static CommandSpec withArgument(CommandSpec spec, String label) {
        return spec.addPositional(PositionalParamSpec.builder()
                .paramLabel(label)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("0..*")
                .build());
    }

    private static CommandSpec validate() {
        return flagged("validate", "Checks the rules.")
                .addOption(OptionSpec.builder("--json", "-j")
                        .type(String.class)
                        .arity("1")
                        .description("the rules as JSON, in place of a file [TUNNEL_INGRESS_VALIDATE_JSON]")
                        .build());
    }

    /** Runs a command and returns its exit status. */
    int run(List<String> arguments) throws InterruptedException {
        try {
            root.parseArgs(arguments.toArray(String[]::new));
        } catch (ParameterException e) {
            console.note(String.valueOf(e.getMessage()));
            e.getCommandLine().usage(console.err());
            return 1;
        }
        List<CommandLine> chain = root.getParseResult().asCommandLineList();
        CommandLine last = chain.get(chain.size() - 1);
        if (last.isUsageHelpRequested()) {
            last.usage(console.out());
            return 0;
        }
        if (last.isVersionHelpRequested()) {
            console.out()
                    .println("adit "
                            + Optional.ofNullable(Commands.class.getPackage().getImplementationVersion())
                                    .orElse("dev"));
            return 0;
        }
        try {
            return run(chain, last);
        } catch (TunnelException | IllegalArgumentException e) {
            console.note(e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private int run(List<CommandLine> chain, CommandLine last) throws InterruptedException {
        ParseResult parsed = last.getParseResult();
        Values outside = new Values(chain, console.environment(), null);
        switch (last.getCommandSpec().qualifiedName(" ")) {
            case "adit tunnel ingress validate" -> {
                Optional<String> json = Optional.ofNullable(parsed.<String>matchedOptionValue("--json", null))
                        .or(() -> Optional.ofNullable(console.environment().get("TUNNEL_INGRESS_VALIDATE_JSON")));
                return json.isPresent()
                        ? IngressCommands.validateJson(console, outside, json.get())
                        : IngressCommands.validate(console, outside, config(outside));
            }
            case "adit tunnel ingress rule" -> {
                return IngressCommands.rule(console, outside, config(outside), arguments(parsed));
            }
            case "adit tunnel run" -> {
                return new RunCommand(console, values(outside)).run(arguments(parsed));
            }
            case "adit tunnel" -> {
                return new RunCommand(console, values(outside)).runQuick();
            }
            case "adit access tcp" -> {
                return AccessCommand.run(console, parsed);
            }
            default -> {
                last.usage(console.out());
                return 0;
            }
        }
    }

    private static List<String> arguments(ParseResult parsed) {
        List<String> arguments = new ArrayList<>();
        parsed.matchedPositionals().forEach(positional -> arguments.addAll(positional.originalStringValues()));
        return arguments;
    }

    /** The file that counts, if there is one with content. */
    private static Optional<TunnelConfig> config(Values outside) {
        Optional<String> named = outside.text("config");
        return (named.isPresent() ? Optional.of(TunnelConfig.load(Path.of(named.get()))) : TunnelConfig.find())
                .filter(config -> !config.isEmpty());
    }

    private Values values(Values outside) {
        Values values = config(outside).map(outside::with).orElse(outside);
        values.check(console);
        return values;
    }
}
