package dev.adit.tunnel.netty.interop;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A genuine OpenSSH server of the current user, with keys and a configuration of its own, and clients that know it. */
final class SshServer implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 100;
    private static final int PORTS_TO_TRY = 10;

    private final Process process;
    private final int port;
    private final Path folder;

    private SshServer(Process process, int port, Path folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /** The server's program; it is often not on the PATH of users. */
    static Optional<Path> binary() {
        return find("sshd", "/usr/sbin", "/usr/local/sbin");
    }

    /** Whether the clients are there too. */
    static boolean hasClients() {
        return find("ssh").isPresent()
                && find("scp").isPresent()
                && find("ssh-keygen").isPresent();
    }

    private static Optional<Path> find(String program, String... more) {
        String path = System.getenv("PATH");
        List<String> folders = new ArrayList<>(List.of((path == null ? "" : path).split(File.pathSeparator, -1)));
        folders.addAll(List.of(more));
        return folders.stream()
                .map(folder -> Path.of(folder).resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static SshServer start(Path sshd, Path folder) throws Exception {
        for (String key : List.of("host_key", "user_key")) {
            run(
                    List.of(
                            "ssh-keygen",
                            "-q",
                            "-t",
                            "ed25519",
                            "-N",
                            "",
                            "-f",
                            folder.resolve(key).toString()),
                    folder);
        }
        Files.copy(folder.resolve("user_key.pub"), folder.resolve("authorized_keys"));
        Files.writeString(
                folder.resolve("known_hosts"), "sshd.test " + Files.readString(folder.resolve("host_key.pub")));
        if (System.getProperty("user.name", "").equals("root")) {
            Files.createDirectories(Path.of("/run/sshd"));
        }
        for (int i = 0; i < PORTS_TO_TRY; i++) {
            int port;
            try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                port = probe.getLocalPort();
            }
            Optional<SshServer> started = start(sshd, folder, port);
            if (started.isPresent()) {
                return started.orElseThrow();
            }
        }
        throw new IOException("No port could be bound");
    }

    /** Empty if somebody else has taken the port in the meantime. */
    private static Optional<SshServer> start(Path sshd, Path folder, int port) throws Exception {
        Path config = folder.resolve("sshd_config");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "ListenAddress 127.0.0.1:" + port,
                        "HostKey " + folder.resolve("host_key"),
                        "AuthorizedKeysFile " + folder.resolve("authorized_keys"),
                        "PidFile none",
                        "UsePAM no",
                        "StrictModes no",
                        "PermitRootLogin yes",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "Subsystem sftp internal-sftp",
                        ""));
        Process process = new ProcessBuilder(sshd.toString(), "-D", "-e", "-f", config.toString())
                .redirectErrorStream(true)
                .start();
        CompletableFuture<String> listening = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    StringBuilder log = new StringBuilder();
                    try (var lines = process.inputReader()) {
                        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                            log.append(line).append('\n');
                            if (line.contains("Server listening on")) {
                                listening.complete(line);
                            }
                        }
                    } catch (IOException e) {
                        log.append(e);
                    }
                    listening.completeExceptionally(new IOException("sshd did not start:\n" + log));
                },
                "sshd-log");
        reader.setDaemon(true);
        reader.start();
        try {
            listening.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return Optional.of(new SshServer(process, port, folder));
        } catch (ExecutionException e) {
            process.destroyForcibly().waitFor();
            if (String.valueOf(e.getMessage()).contains("Address already in use")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    int port() {
        return port;
    }

    /** Runs ssh; the port and how to connect are in the options. */
    String ssh(List<String> options, String command) throws Exception {
        List<String> all = new ArrayList<>(List.of("ssh"));
        all.addAll(options(options));
        all.add(user() + "@127.0.0.1");
        all.add(command);
        return run(all, folder);
    }

    /** Copies a file; one of the two is {@link #remote}. */
    void scp(List<String> options, String from, String to) throws Exception {
        List<String> all = new ArrayList<>(List.of("scp", "-q"));
        all.addAll(options(options));
        all.add(from);
        all.add(to);
        run(all, folder);
    }

    static String remote(Path file) {
        return user() + "@127.0.0.1:" + file;
    }

    private static String user() {
        return System.getProperty("user.name", "root");
    }

    private List<String> options(List<String> more) {
        List<String> options = new ArrayList<>(List.of(
                "-F",
                "none",
                "-o",
                "BatchMode=yes",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "IdentityFile=" + folder.resolve("user_key"),
                "-o",
                "UserKnownHostsFile=" + folder.resolve("known_hosts"),
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                "HostKeyAlias=sshd.test"));
        options.addAll(more);
        return options;
    }

    /** Returns what the program wrote; throws if it failed. */
    private static String run(List<String> command, Path folder) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String text = Files.readString(output, StandardCharsets.UTF_8);
            if (!ended || process.exitValue() != 0) {
                throw new IOException(
                        command + (ended ? " ended with " + process.exitValue() : " did not end") + ":\n" + text);
            }
            return text;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
