package dev.adit.tunnel.netty.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What strangers send cannot end a line of the log or rewrite it. */
class LogTextTest {

    @Test
    void strangersGetPrintableAsciiOnly() {
        assertThat(LogText.safe("GET\r\nWARN forged\u001b[2K\u0085\u2028é\u202e"))
                .isEqualTo("GET??WARN forged?[2K????");
        assertThat(LogText.safe("x".repeat(300))).hasSize(256);
    }

    @Test
    void messagesKeepTheirLettersAndLoseWhatBreaksALine() {
        assertThat(LogText.line("Größe 4 … \uD83D\uDE00")).isEqualTo("Größe 4 … \uD83D\uDE00");
        assertThat(LogText.line("a\r\nb\tc\u0000d\u001b[2Ke\u0085f\u2028g\u2029h\u202ei\u200bj\ud800k"))
                .isEqualTo("a??b?c?d?[2Ke?f?g?h?i?j?k");
        assertThat(LogText.line("x".repeat(2000))).hasSize(1001).endsWith("…");
    }
}
