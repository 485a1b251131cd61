package dev.adit.tunnel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The command line in this JVM: every recorded output of the genuine program, and what is refused. */
class CommandLineTest {

    private static final Path CASES = Path.of("../tunnel-netty/src/test/resources/vectors/ingress-cases.json");

    @TempDir
    private Path folder;

    /** What a command wrote, and its exit status. */
    private record Outcome(int status, String out, String err) {}

    private static Outcome run(Map<String, String> environment, List<String> arguments) throws InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = new Commands(new Console(
                        InputStream.nullInputStream(),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        environment))
                .run(arguments);
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Outcome run(String... arguments) throws InterruptedException {
        return run(Map.of(), List.of(arguments));
    }

    /** JSON is YAML. */
    static Stream<Map<String, Object>> cases() throws IOException {
        Object document = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(CASES, StandardCharsets.UTF_8));
        List<Map<String, Object>> cases = new ArrayList<>();
        for (Object one : (List<?>) map(document).get("cases")) {
            cases.add(map(one));
        }
        assertThat(cases).hasSize(133);
        return cases.stream();
    }

    private static Map<String, Object> map(Object value) {
        Map<String, Object> map = new HashMap<>();
        ((Map<?, ?>) value).forEach((key, entry) -> map.put(String.valueOf(key), entry));
        return map;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writesWhatCloudflaredWrites(Map<String, Object> recorded) throws Exception {
        Map<String, Object> expected = map(recorded.get("expect"));
        List<String> arguments = new ArrayList<>(List.of("tunnel"));
        String source = "cmdline flag --json";
        if (recorded.containsKey("config")) {
            Path file = Files.writeString(folder.resolve("config.yml"), (String) recorded.get("config"));
            arguments.addAll(List.of("--config", file.toString()));
            source = "config.yml";
        }
        if (recorded.containsKey("flags")) {
            ((List<?>) recorded.get("flags")).forEach(flag -> arguments.add(String.valueOf(flag)));
        }
        arguments.addAll(List.of("ingress", (String) recorded.get("command"), "--compatible"));
        if (recorded.containsKey("json")) {
            arguments.addAll(List.of("--json", (String) recorded.get("json")));
        }
        if (recorded.containsKey("url")) {
            arguments.add((String) recorded.get("url"));
        }
        Map<String, String> environment = new HashMap<>();
        map(recorded.getOrDefault("env", Map.of()))
                .forEach((name, value) -> environment.put(name, String.valueOf(value)));

        Outcome outcome = run(environment, arguments);

        assertThat(outcome.status()).as(outcome.err()).isEqualTo(recorded.get("exitCode"));
        String out = outcome.out().replace(folder + "/", "");
        if (expected.containsKey("error")) {
            assertThat(outcome.err().replace(folder + "/", "")).isEqualTo(expected.get("error") + "\n");
        } else if (expected.containsKey("ruleIndex")) {
            assertThat(out)
                    .isEqualTo("Using rules from " + source + "\nMatched rule #" + expected.get("ruleIndex") + "\n"
                            + expected.get("rendered") + "\n");
        } else if (expected.containsKey("warnings")) {
            assertThat(out)
                    .isEqualTo("Validating rules from " + source
                            + "\nWarning: unused keys detected in your config file. Here is a list of unused keys:\n"
                            + expected.get("warnings") + "\n");
        } else {
            assertThat(out).isEqualTo("Validating rules from " + source + "\nOK\n");
        }
    }

    @Test
    void argumentsThatDoNotFitAreToldInCloudflaredsWords() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yml"), "ingress:\n  - service: http_status:404\n");
        assertThat(run("tunnel", "--config", file.toString(), "ingress", "rule").err())
                .isEqualTo("cloudflared tunnel rule expects a single argument, the URL to test\n");
        assertThat(run("tunnel", "--config", file.toString(), "ingress", "rule", "a.test/x")
                        .err())
                .contains("doesn't have a hostname, consider adding a scheme");
        Path empty = Files.writeString(folder.resolve("empty.yml"), "");
        assertThat(run("tunnel", "--config", empty.toString(), "ingress", "validate")
                        .err())
                .startsWith("No configuration file was found. Please create one");
        Outcome missing = run("tunnel", "--config", folder.resolve("none.yml").toString(), "ingress", "validate");
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).contains("none.yml cannot be read");
    }

    @Test
    void ourOwnRulesAreTheDefaultAndSayWhatDiffers() throws Exception {
        Path file = Files.writeString(
                folder.resolve("config.yml"),
                "ingress:\n  - hostname: Upper.Example.COM\n    service: http://localhost:1\n  - service: http_status:404\n");
        String config = file.toString();
        assertThat(run("tunnel", "--config", config, "ingress", "rule", "https://UPPER.EXAMPLE.com/")
                        .out())
                .contains("Matched rule #0");
        assertThat(run("tunnel", "--compatible", "--config", config, "ingress", "rule", "https://UPPER.EXAMPLE.com/")
                        .out())
                .contains("Matched rule #1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--protocol quic|--protocol quic is refused: the tunnel runs over HTTP/2 alone",
                "--edge-ip-version 5|--edge-ip-version (expected: 4, 6 or auto)",
                "--region a/b|region: 'a/b' (expected: letters",
                "--edge-bind-address 127.0.0.1|--edge-bind-address is refused",
                "--post-quantum|--post-quantum is refused: the key exchange is what this JVM offers",
                "--tag a=b|--tag is refused",
                "--bastion|--bastion is refused: without a list every address could be reached",
                "--hostname a.test|--hostname is refused: this program does not call Cloudflare's API",
                "--grace-period 4m|grace-period must be equal or less than 3m0s",
                "--grace-period soon|--grace-period: 'soon' (expected: a duration",
                "--ha-connections many|--ha-connections (expected: a whole number)",
                "--loglevel loud|--loglevel: 'loud' (expected: one of",
                "--output json|--output json is refused",
                "--edge nowhere|'nowhere' (expected: host:port)",
                "--url ftp://a.test|Currently Cloudflare Tunnel does not support ftp protocol.",
                "--url ws://a.test|Currently Cloudflare Tunnel does not support ws protocol.",
                "--no-tls-verify=perhaps|'perhaps' is not a boolean",
                "--no-such-flag|Unknown option: '--no-such-flag'"
            })
    void whatDoesNotWorkIsRefusedWithItsReason(String flags, String reason) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("tunnel", "run"));
        arguments.addAll(List.of(flags.split(" ", -1)));
        if (!flags.startsWith("--url")) {
            arguments.addAll(List.of("--url", "http://localhost:1"));
        }
        Outcome outcome = run(
                Map.of("TUNNEL_TOKEN", token(), "HOME", folder.toString()),
                Stream.concat(arguments.stream(), Stream.of("--edge=127.0.0.1:1"))
                        .toList());
        if (flags.startsWith("--edge ")) {
            outcome = run(Map.of("TUNNEL_TOKEN", token()), arguments);
        }
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err()).contains(reason).doesNotContain(token());
    }

    private static String token() {
        String secret = java.util.Base64.getEncoder().encodeToString(new byte[32]);
        String json = "{\"a\":\"account\",\"s\":\"" + secret + "\",\"t\":\"6ff42ae2-765d-4adf-8112-31c55c1551ef\"}";
        return java.util.Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theIdentityIsFoundOrToldToBeMissing() throws Exception {
        assertThat(run("tunnel", "run", "--url", "http://localhost:1").err())
                .contains("requires the ID or name of the tunnel to run");
        assertThat(run("tunnel", "run", "my-tunnel").err()).contains("'my-tunnel' would have to be looked up");
        assertThat(run("tunnel", "run", "--token", "rubbish").err())
                .startsWith("Provided Tunnel token is not valid.")
                .doesNotContain("rubbish");
        assertThat(run("tunnel", "run", "6ff42ae2-765d-4adf-8112-31c55c1551ef").err())
                .contains("6ff42ae2-765d-4adf-8112-31c55c1551ef.json")
                .contains("were not found");
        String credentials =
                "{\"AccountTag\":\"a\",\"TunnelID\":\"00000000-765d-4adf-8112-31c55c1551ef\",\"TunnelSecret\":\""
                        + java.util.Base64.getEncoder().encodeToString(new byte[32]) + "\"}";
        Outcome other = run(
                Map.of("TUNNEL_CRED_CONTENTS", credentials),
                List.of("tunnel", "run", "6ff42ae2-765d-4adf-8112-31c55c1551ef"));
        assertThat(other.err()).contains("The credentials are those of the tunnel 00000000-765d");
    }

    @Test
    void whatHasNoEffectIsSaid() throws Exception {
        Path file = Files.writeString(
                folder.resolve("config.yml"),
                "no-such-key: 1\nretries: 3\nwarp-routing:\n  maxActiveFlows: 5\nurl: http://localhost:1\n");
        assertThat(run("tunnel", "--config", file.toString(), "run", "my-tunnel")
                        .err())
                .contains("--retries has no effect: lost connections are replaced for ever")
                .contains("warp-routing has no effect")
                .contains("The key 'no-such-key' of the file means nothing to this program.");
    }

    @Test
    void helpAndVersionEndWell() throws Exception {
        assertThat(run("tunnel", "run", "--help").out())
                .contains("--credentials-file")
                .contains("TUNNEL_TOKEN");
        assertThat(run("--version").out()).startsWith("adit ");
        assertThat(run("access", "tcp", "--help").out()).contains("--service-token-id");
        assertThat(run("access", "tcp").err()).contains("Give --hostname");
        assertThat(run("access", "tcp", "--hostname", "a.test", "--id", "x").err())
                .contains("Give both, or none");
    }
}
