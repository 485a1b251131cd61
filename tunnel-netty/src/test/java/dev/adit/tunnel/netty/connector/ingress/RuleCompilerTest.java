package dev.adit.tunnel.netty.connector.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.IngressException;
import dev.adit.tunnel.IngressException.Code;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleCompilerTest {

    private static final IngressRule LAST = IngressRule.otherwise(Origin.status(404));

    @Nested
    class Matching {

        @ParameterizedTest
        @CsvSource({
            "app.example.com, app.example.com, true",
            "app.example.com, APP.Example.COM, true",
            "App.Example.Com, app.example.com, true",
            "app.example.com, app.example.com:8443, true",
            "app.example.com, app.example.com., true",
            "app.example.com, xapp.example.com, false",
            "app.example.com, example.com, false",
            "*.example.com, a.example.com, true",
            "*.example.com, a.b.EXAMPLE.com:80, true",
            "*.example.com, example.com, false",
            "*.example.com, .example.com, false",
            "*.example.com, aexample.com, false",
            "bücher.example, xn--bcher-kva.example, true",
            "xn--bcher-kva.example, bücher.example, true",
            "*.bücher.example, a.xn--bcher-kva.example, true",
            "BÜCHER.example, bücher.EXAMPLE, true",
            "under_score.example, UNDER_SCORE.example, true"
        })
        void hostsAreComparedByTheirCanonicalForm(String pattern, String host, boolean matches) {
            Ingress ingress = Ingress.of(IngressRule.host(pattern).to(Origin.status(200)), LAST);
            assertThat(ingress.match(host, "/").origin()).isEqualTo(Origin.status(matches ? 200 : 404));
        }

        @ParameterizedTest
        @CsvSource({
            "^/api/, /api/x, true",
            "^/api/, /x/api/, false",
            "api, /x/api/y, true",
            "\\.php$, /a.php, true",
            "\\.php$, /a.php?x=1, true",
            "\\.php$, '/a.ph%70', true",
            "\\.php$, '/a.php%0A', false",
            "/a b, /a%20b, true",
            "ü, /%C3%BC, true",
            "secret, /x?secret, false",
            "(?i)ADMIN, /admin, true",
            "^/100%$, /100%, true",
            "^/%zz, /%zz, true"
        })
        void pathsAreSearchedInDecodedForm(String expression, String target, boolean matches) {
            Ingress ingress = Ingress.of(IngressRule.path(expression).to(Origin.status(200)), LAST);
            assertThat(ingress.match("h", target).origin()).isEqualTo(Origin.status(matches ? 200 : 404));
        }

        @Test
        void theFirstRuleWhoseHostAndPathMatchWins() {
            Ingress ingress = Ingress.of(
                    IngressRule.host("a.test").path("^/x").to(Origin.status(201)),
                    IngressRule.host("a.test").to(Origin.status(202)),
                    IngressRule.host("*.test").to(Origin.status(203)),
                    LAST);
            assertThat(ingress.match("a.test", "/x").origin()).isEqualTo(Origin.status(201));
            assertThat(ingress.match("a.test", "/y").origin()).isEqualTo(Origin.status(202));
            assertThat(ingress.match("b.test", "/x").origin()).isEqualTo(Origin.status(203));
            assertThat(ingress.match("", "/").origin()).isEqualTo(Origin.status(404));
            assertThat(ingress.match("[::1]:80", "/").origin()).isEqualTo(Origin.status(404));
        }
    }

    @Nested
    class Refusing {

        @Test
        void noRules() {
            refused(-1, Code.NO_RULES, "IngressRule.otherwise", List.of());
        }

        @Test
        void aLastRuleThatDoesNotCatchAll() {
            refused(
                    0,
                    Code.LAST_RULE_NOT_CATCH_ALL,
                    "Ingress rule 0",
                    List.of(IngressRule.host("a.test").to(Origin.status(200))));
        }

        @Test
        void aCatchAllBeforeTheEnd() {
            refused(0, Code.CATCH_ALL_NOT_LAST, "Move it to the end", List.of(LAST, LAST));
            refused(
                    0,
                    Code.CATCH_ALL_NOT_LAST,
                    "Ingress rule 0",
                    List.of(IngressRule.host("*").to(Origin.status(200)), LAST));
        }

        @ParameterizedTest
        @CsvSource({
            "a.test:80, HOSTNAME_HAS_PORT",
            "https://a.test, HOSTNAME_HAS_PORT",
            "'[::1]:80', HOSTNAME_HAS_PORT",
            ":80, HOSTNAME_HAS_PORT",
            "a.*.test, HOSTNAME_BAD_WILDCARD",
            "*a.test, HOSTNAME_BAD_WILDCARD",
            "*.*.test, HOSTNAME_BAD_WILDCARD",
            "'', HOSTNAME_INVALID",
            "a..test, HOSTNAME_INVALID",
            "a b.test, HOSTNAME_INVALID",
            "a/b, HOSTNAME_INVALID"
        })
        void hostnamesThatAreNone(String pattern, Code code) {
            refused(
                    1,
                    code,
                    "Ingress rule 1",
                    List.of(
                            IngressRule.host("ok.test").to(Origin.status(200)),
                            IngressRule.host(pattern).to(Origin.status(200)),
                            LAST));
        }

        @ParameterizedTest
        @CsvSource({"(", "a(?=b)", "(a)\\1", "a++", "[z-a]"})
        void pathsThatRe2DoesNotKnow(String expression) {
            refused(
                    0,
                    Code.PATH_INVALID,
                    "RE2",
                    List.of(IngressRule.path(expression).to(Origin.status(200)), LAST));
        }

        private void refused(int index, Code code, String says, List<IngressRule> rules) {
            assertThatThrownBy(() -> Ingress.of(rules))
                    .isInstanceOfSatisfying(IngressException.class, e -> {
                        assertThat(e.ruleIndex()).isEqualTo(index);
                        assertThat(e.code()).isEqualTo(code);
                    })
                    .hasMessageContaining(says);
        }
    }
}
