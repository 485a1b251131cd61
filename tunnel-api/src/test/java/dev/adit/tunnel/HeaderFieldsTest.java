package dev.adit.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderFieldsTest {

    private final HeaderFields fields = HeaderFields.of("Set-Cookie", "a=1", "X-Other", "", "set-cookie", "b=2");

    @Test
    void keepsOrderAndCaseAndComparesWithoutCase() {
        assertThat(fields).extracting(HeaderFields.Field::name).containsExactly("Set-Cookie", "X-Other", "set-cookie");
        assertThat(fields.first("SET-COOKIE")).contains("a=1");
        assertThat(fields.all("set-cookie")).containsExactly("a=1", "b=2");
        assertThat(fields.contains("x-OTHER")).isTrue();
        assertThat(fields.first("Missing")).isEmpty();
    }

    @Test
    void isNotChangedByAddingAndRemoving() {
        assertThat(fields.with("New", "1").size()).isEqualTo(4);
        assertThat(fields.without("set-COOKIE").fields()).containsExactly(new HeaderFields.Field("X-Other", ""));
        assertThat(fields.size()).isEqualTo(3);
    }

    @Test
    void doesNotShowValues() {
        assertThat(HeaderFields.of("Authorization", "Bearer canary").toString()).doesNotContain("canary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nB: c", "a\nb", "a\0", "a\u007f", "\u0100"})
    void refusesValuesThatCouldSplitAMessage(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HeaderFields.of("Name", value))
                .withMessageContaining("Name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:", "a\r\n", ":status", "n\u00e4me"})
    void refusesNamesThatAreNoTokens(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> HeaderFields.of(name, "v"));
    }

    @Test
    void wantsAValueForEachName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HeaderFields.of("a"))
                .withMessageContaining("name, value");
    }
}
