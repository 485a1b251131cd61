package dev.adit.tunnel.netty.origin.hello;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationsTest {

    @ParameterizedTest
    @CsvSource({
        "PT0.0015S, 1.5ms",
        "PT0.25S, 250ms",
        "PT1S, 1s",
        "PT1.5S, 1.5s",
        "PT1M, 1m0s",
        "PT1H30M0.000000001S, 1h30m0.000000001s",
        "PT50H, 50h0m0s"
    })
    void areWrittenAndReadAsInGo(Duration duration, String text) {
        assertThat(GoDurations.text(duration)).isEqualTo(text);
        assertThat(GoDurations.parse(text)).hasValue(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "s", "1s ", "-1s", "1s1", "1d", "9999999999h", "1.2.3s"})
    void otherTextsAreNone(String text) {
        assertThat(GoDurations.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1m30s, PT90S",
        "1.5h, PT90M",
        ".5s, PT0.5S",
        "1µs, PT0.000001S",
        "100us, PT0.0001S",
        "1h1ms, PT1H0.001S"
    })
    void otherFormsAreRead(String text, Duration duration) {
        assertThat(GoDurations.parse(text)).hasValue(duration);
    }
}
