package dev.adit.tunnel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.examples.RunningExample;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The systemd unit and the NixOS module, by their own checkers. Each is skipped, visibly, where its checker is missing. */
class ServiceFilesTest {

    private static final Path UNIT = Path.of("src/main/dist/adit-tunnel.service");
    private static final Path MODULE = Path.of("src/main/dist/adit-tunnel.nix");

    @TempDir
    private Path folder;

    private static Path program(String name) {
        Optional<Path> found = List.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator, -1)).stream()
                .map(directory -> Path.of(directory).resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "SKIPPED: no " + name + " on the PATH.");
        return found.orElseThrow();
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output + (process.exitValue() == 0 ? "" : "exit " + process.exitValue());
    }

    /** Of unknown keys systemd-analyze only tells; so it must say nothing at all. */
    private String verify(Path systemdAnalyze, String unit) throws Exception {
        Path copy = folder.resolve("adit-tunnel.service");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Files.writeString(copy, unit.replace("/usr/bin/java", java.toString()));
        return output(systemdAnalyze.toString(), "verify", copy.toString());
    }

    @Test
    void systemdTakesTheUnit() throws Exception {
        Path systemdAnalyze = program("systemd-analyze");
        String unit = Files.readString(UNIT);
        assertThat(verify(systemdAnalyze, unit)).isEmpty();
        assertThat(verify(systemdAnalyze, unit.replace("ProtectClock", "ProtectClok")))
                .as("what is said of a mistake")
                .contains("ProtectClok");
    }

    @Test
    void nixTakesTheModule() throws Exception {
        assertThat(output(program("nix-instantiate").toString(), "--parse", MODULE.toString()))
                .contains("services")
                .doesNotContain("error:");
    }

    /** The flags of the unit's command line are ours: they lead as far as the files, which are not there. */
    @Test
    void theCommandLineOfTheUnitIsUnderstood() throws Exception {
        Matcher line = Pattern.compile("(?m)^ExecStart=.*adit\\.jar (.*)$").matcher(Files.readString(UNIT));
        assertThat(line.find()).isTrue();
        List<String> arguments = new ArrayList<>();
        for (String argument : line.group(1).split(" ", -1)) {
            arguments.add(argument.replace("${CREDENTIALS_DIRECTORY}", folder.toString()));
        }
        Files.writeString(folder.resolve("config.yml"), "ingress:\n  - service: http_status:404\n");
        Files.writeString(folder.resolve("credentials.json"), "{}");
        try (RunningExample command = RunningExample.start("cli", List.of(), Map.of(), arguments)) {
            command.awaitLine("credentials.json lacks the account|requires the ID or name of the tunnel");
            assertThat(command.awaitExit()).isEqualTo(1);
        }
    }
}
