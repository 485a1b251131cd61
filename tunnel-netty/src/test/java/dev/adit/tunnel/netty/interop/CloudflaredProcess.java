package dev.adit.tunnel.netty.interop;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The genuine connector, started at an edge of ours. */
final class CloudflaredProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;
    private static final String REGISTERED = "Registered tunnel connection";

    private static final Pattern METRICS = Pattern.compile("metrics server on 127\\.0\\.0\\.1:(\\d+)/");

    private final CompletableFuture<InetSocketAddress> metrics = new CompletableFuture<>();
    private final Process process;
    private final CountDownLatch registered;
    private final Queue<String> log = new ConcurrentLinkedQueue<>();

    private CloudflaredProcess(Process process, int connections) {
        this.process = process;
        this.registered = new CountDownLatch(connections);
        Thread reader = new Thread(this::read, "cloudflared-log");
        reader.setDaemon(true);
        reader.start();
    }

    /** The program named by CLOUDFLARED_BIN, else the one on the PATH. */
    static Optional<Path> binary() {
        String named = System.getenv("CLOUDFLARED_BIN");
        if (named != null && !named.isEmpty()) {
            return Optional.of(Path.of(named)).filter(Files::isExecutable);
        }
        String path = System.getenv("PATH");
        return List.of((path == null ? "" : path).split(File.pathSeparator, -1)).stream()
                .map(folder -> Path.of(folder).resolve("cloudflared"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static CloudflaredProcess start(
            Path binary,
            Path folder,
            TunnelEdge edge,
            TunnelCredentials credentials,
            InetSocketAddress origin,
            int connections)
            throws IOException {
        return start(binary, folder, edge, credentials, "http://127.0.0.1:" + origin.getPort(), connections);
    }

    static CloudflaredProcess start(
            Path binary, Path folder, TunnelEdge edge, TunnelCredentials credentials, String url, int connections)
            throws IOException {
        Path authority = folder.resolve("authority.pem");
        Files.writeString(authority, pem(edge.trust().authorities().get(0)));
        List<String> command = new ArrayList<>(List.of(binary.toString(), "tunnel", "--no-autoupdate"));
        for (int i = 0; i < connections; i++) {
            // The same address several times counts as several addresses.
            command.add("--edge");
            command.add("127.0.0.1:" + edge.connectorAddress().getPort());
        }
        command.addAll(List.of("--cacert", authority.toString(), "--protocol", "http2", "--metrics", "127.0.0.1:0"));
        command.addAll(List.of("run", "--url", url));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TUNNEL_TOKEN", credentials.toToken().reveal());
        builder.environment().put("HOME", folder.toString());
        return new CloudflaredProcess(builder.start(), connections);
    }

    private static String pem(X509Certificate certificate) throws IOException {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    private void read() {
        try (var lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                var listening = METRICS.matcher(line);
                if (listening.find()) {
                    metrics.complete(new InetSocketAddress("127.0.0.1", Integer.parseInt(listening.group(1))));
                }
                if (line.contains(REGISTERED)) {
                    registered.countDown();
                }
            }
        } catch (IOException e) {
            log.add(e.toString());
        }
    }

    void awaitRegistered() throws InterruptedException {
        if (!registered.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("cloudflared did not register:\n" + String.join("\n", log));
        }
    }

    /** Where it tells of itself. */
    InetSocketAddress metricsAddress() throws Exception {
        return metrics.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** SIGTERM. */
    void terminate() {
        // Not Process.destroy(): that closes the pipe of the log too, and the program would die of it.
        process.toHandle().destroy();
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("cloudflared did not end:\n" + String.join("\n", log));
        }
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
