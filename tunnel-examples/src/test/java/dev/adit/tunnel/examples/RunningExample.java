package dev.adit.tunnel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An example in a JVM of its own, started as a user would start it, with paranoid leak detection and 64 MiB of heap. Its
 * output is read line by line.
 */
public final class RunningExample implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final BlockingQueue<Optional<String>> unread = new LinkedBlockingQueue<>();
    private final List<String> output = Collections.synchronizedList(new ArrayList<>());

    private RunningExample(Process process) {
        this.process = process;
        Thread reader = new Thread(this::read, "example-output");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts an example.
     *
     * @param name its package
     * @param options such as {@code -Dport=3000}
     * @return running, not yet ready
     */
    public static RunningExample start(String name, String... options) throws IOException {
        return start(name, List.of(options), Map.of(), List.of());
    }

    /**
     * Starts an example with arguments.
     *
     * @param name its package
     * @param options of the JVM
     * @param environment variables added; those that begin with TUNNEL_ are taken away before
     * @param arguments of the example
     * @return running, not yet ready
     */
    public static RunningExample start(
            String name, List<String> options, Map<String, String> environment, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-Xmx64m",
                "-Dio.netty.leakDetection.level=paranoid",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(options);
        command.add("dev.adit.tunnel.examples." + name + ".Main");
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(variable -> variable.startsWith("TUNNEL_"));
        builder.environment().putAll(environment);
        return new RunningExample(builder.start());
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                unread.add(Optional.of(line));
            }
        } catch (IOException e) {
            output.add("The output cannot be read: " + e);
        }
        unread.add(Optional.empty());
    }

    /**
     * Reads on to a line.
     *
     * @param expression found somewhere in it
     * @return its first group, or what was found if there is none
     */
    public String awaitLine(String expression) throws InterruptedException {
        Pattern pattern = Pattern.compile(expression);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Optional<String> line = unread.poll(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        while (line != null && line.isPresent()) {
            Matcher found = pattern.matcher(line.get());
            if (found.find()) {
                return found.groupCount() == 0 ? found.group() : found.group(1);
            }
            line = unread.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
        throw new AssertionError((line == null ? "No line" : "The example ended without a line") + " like " + expression
                + ". Output:\n" + String.join("\n", output));
    }

    /** Asks the example to end, as SIGTERM and Ctrl-C do, and waits until it says that it has drained. */
    public String stop() throws InterruptedException {
        process.toHandle().destroy(); // unlike Process.destroy it leaves the output open
        return awaitLine("Drained .*");
    }

    /** Waits for the end of an example that ends by itself or was stopped, and returns its exit status. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("The example did not end. Output:\n" + String.join("\n", output));
        }
        return process.exitValue();
    }

    /** Waits for the end of a stopped example, or ends it, and checks that it leaked nothing. */
    @Override
    public void close() throws InterruptedException {
        process.toHandle().destroy();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("The example did not end when asked. Output:\n" + String.join("\n", output));
        }
        assertThat(output).noneMatch(line -> line.contains("LEAK:"));
    }
}
