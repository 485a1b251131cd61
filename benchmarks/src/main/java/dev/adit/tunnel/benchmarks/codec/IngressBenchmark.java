package dev.adit.tunnel.benchmarks.codec;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The choice of a rule for one request. A third of the rules each: exact names, wildcards, names with a path expression;
 * behind them the catch-all. The request always matches the last rule of its kind.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IngressBenchmark {

    /** How many rules of each kind stand before the catch-all. */
    @Param({"1", "30"})
    public int rulesOfEachKind;

    private Ingress ingress = Ingress.of(IngressRule.otherwise(Origin.status(404)));
    private String lastExact = "";
    private String belowLastWildcard = "";
    private String lastWithPath = "";

    /** Compiles the rules. */
    @Setup
    public void compile() {
        List<IngressRule> rules = new ArrayList<>();
        for (int i = 0; i < rulesOfEachKind; i++) {
            rules.add(IngressRule.host("app" + i + ".example.com").to(Origin.status(200)));
        }
        for (int i = 0; i < rulesOfEachKind; i++) {
            rules.add(IngressRule.host("*.team" + i + ".example.com").to(Origin.status(200)));
        }
        for (int i = 0; i < rulesOfEachKind; i++) {
            rules.add(IngressRule.host("site" + i + ".example.com")
                    .path("^/(api|v[0-9]+)/.*\\.json$")
                    .to(Origin.status(200)));
        }
        rules.add(IngressRule.otherwise(Origin.status(404)));
        ingress = Ingress.of(rules);
        int last = rulesOfEachKind - 1;
        lastExact = "app" + last + ".example.com";
        belowLastWildcard = "branch-17.team" + last + ".example.com";
        lastWithPath = "site" + last + ".example.com";
    }

    /**
     * An exact name.
     *
     * @return the rule
     */
    @Benchmark
    public IngressRule exactHost() {
        return ingress.match(lastExact, "/api/items.json?page=2");
    }

    /**
     * A name below a wildcard.
     *
     * @return the rule
     */
    @Benchmark
    public IngressRule wildcardHost() {
        return ingress.match(belowLastWildcard, "/api/items.json?page=2");
    }

    /**
     * A name and a path expression (RE2).
     *
     * @return the rule
     */
    @Benchmark
    public IngressRule hostAndPath() {
        return ingress.match(lastWithPath, "/api/items.json?page=2");
    }

    /**
     * A name that no rule has.
     *
     * @return the catch-all
     */
    @Benchmark
    public IngressRule otherwise() {
        return ingress.match("unknown.example.org", "/api/items.json?page=2");
    }
}
