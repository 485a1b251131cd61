package dev.adit.tunnel.examples.handler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.examples.RunningExample;
import dev.adit.tunnel.examples.Visitor;
import java.io.BufferedReader;
import java.net.URI;
import org.junit.jupiter.api.Test;

class HandlerTest {

    @Test
    void greetsAndEchoes() throws Exception {
        try (RunningExample example = RunningExample.start("handler")) {
            URI url = URI.create(example.awaitLine("In a browser.*(http://\\S+)"));
            assertThat(Visitor.get(url, "/")).startsWith("HTTP/1.1 200 ").contains("Hello from a handler");
            assertThat(Visitor.post(url, "/echo", "there and back")).contains("there and back");
            assertThat(example.stop()).endsWith("2 requests in all.");
        }
    }

    @Test
    void finishesARunningStreamWhenItEnds() throws Exception {
        try (RunningExample example = RunningExample.start("handler")) {
            URI url = URI.create(example.awaitLine("In a browser.*(http://\\S+)"));
            try (BufferedReader clock = Visitor.stream(url, "/clock")) {
                assertThat(clock.readLine()).startsWith("HTTP/1.1 200 ");
                awaitEvent(clock);
                awaitEvent(clock);
                assertThat(example.stop()).contains("1 finished, 0 cut");
                assertThat(clock.lines()).endsWith("0", "");
            }
        }
    }

    private static void awaitEvent(BufferedReader clock) throws Exception {
        String line = clock.readLine();
        while (!line.startsWith("data: ")) {
            line = clock.readLine();
        }
    }
}
