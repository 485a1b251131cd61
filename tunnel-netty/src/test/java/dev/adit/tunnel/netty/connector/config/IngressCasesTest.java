package dev.adit.tunnel.netty.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.RuleMode;
import dev.adit.tunnel.TunnelConfig;
import dev.adit.tunnel.TunnelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every outcome that was recorded of the genuine {@code ingress validate} and {@code ingress rule}: texts, rule indexes,
 * the description of the matched rule, warnings.
 */
class IngressCasesTest {

    @TempDir
    Path directory;

    /** One recorded case. */
    record Case(String id, String name, Map<String, Value> fields) {

        @Nullable
        String text(String field) {
            return fields.get(field) instanceof Value.Scalar scalar ? scalar.text() : null;
        }

        Map<String, Value> map(String field) {
            return fields.containsKey(field) ? asMap(fields.get(field)) : Map.of();
        }

        List<String> list(String field) {
            return fields.get(field) instanceof Value.Items list
                    ? list.items().stream()
                            .map(item -> ((Value.Scalar) item).text())
                            .toList()
                    : List.of();
        }

        @Override
        public String toString() {
            return id + " " + name;
        }
    }

    static Stream<Case> cases() throws IOException {
        try (InputStream in = IngressCasesTest.class.getResourceAsStream("/vectors/ingress-cases.json")) {
            Value document = JsonTree.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            List<Value> cases = ((Value.Items) asMap(document).get("cases")).items();
            assertThat(cases).hasSize(133);
            return cases.stream()
                    .map(IngressCasesTest::asMap)
                    .map(fields -> new Case(
                            ((Value.Scalar) fields.get("id")).text(),
                            ((Value.Scalar) fields.get("name")).text(),
                            fields));
        }
    }

    private static Map<String, Value> asMap(Value value) {
        return ((Value.Entries) value)
                .entries().stream().collect(Collectors.toMap(Value.Entry::key, Value.Entry::value));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isAsRecorded(Case recorded) throws IOException {
        Map<String, Value> expected = recorded.map("expect");
        String error = expected.get("error") instanceof Value.Scalar scalar ? scalar.text() : null;

        if (error != null) {
            assertThat(refusal(() -> run(recorded, RuleMode.COMPATIBLE))).isEqualTo(error);
        } else if ("rule".equals(recorded.text("command"))) {
            Ingress.Match match = config(recorded).ingress(RuleMode.COMPATIBLE).match(recorded.text("url"));
            assertThat((long) match.index()).isEqualTo(((Value.Scalar) expected.get("ruleIndex")).value());
            assertThat(match.describe()).isEqualTo(((Value.Scalar) expected.get("rendered")).text());
        } else {
            run(recorded, RuleMode.COMPATIBLE);
            String warnings = expected.get("warnings") instanceof Value.Scalar scalar ? scalar.text() : "";
            assertThat(config(recorded).unusedKeys().orElse("")).isEqualTo(warnings);
        }
    }

    /** Our own rules refuse the same files with the same texts; they may match other requests. */
    @ParameterizedTest
    @MethodSource("cases")
    void isRefusedAlikeByOurRules(Case recorded) {
        Map<String, Value> expected = recorded.map("expect");
        boolean globalAccess = recorded.id().equals("I105");
        if (expected.get("error") instanceof Value.Scalar error) {
            assertThat(refusal(() -> run(recorded, RuleMode.STANDARD))).isEqualTo(error.text());
        } else if (globalAccess) {
            assertThat(refusal(() -> run(recorded, RuleMode.STANDARD)))
                    .isEqualTo("Validation failed: access.TeamName cannot be blank when access.audTags are present");
        } else {
            run(recorded, RuleMode.STANDARD);
        }
    }

    private Object run(Case recorded, RuleMode mode) {
        TunnelConfig config = config(recorded);
        String url = recorded.text("url");
        if ("rule".equals(recorded.text("command")) && url != null) {
            return config.ingress(mode).match(url);
        }
        List<String> flags = recorded.list("flags");
        boolean hasUrl = flags.contains("--url") || recorded.map("env").containsKey("TUNNEL_URL");
        return config.validate(mode, hasUrl ? "http://localhost:9" : null);
    }

    /** The file is named as the recording has it: relative to the directory that the command ran in. */
    private TunnelConfig config(Case recorded) {
        String json = recorded.text("json");
        if (json != null) {
            return TunnelConfig.parseJson(json);
        }
        try {
            return TunnelConfig.load(Files.writeString(directory.resolve("config.yml"), recorded.text("config")));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String refusal(Supplier<Object> run) {
        try {
            return "accepted: " + run.get();
        } catch (IngressException e) {
            return "Validation failed: " + e.getMessage();
        } catch (TunnelException e) {
            return e.getMessage().replace(directory + "/", "");
        }
    }
}
