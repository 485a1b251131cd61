package dev.adit.tunnel.netty;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.Ingress;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelListener;
import dev.adit.tunnel.netty.connector.TunnelConnector;
import dev.adit.tunnel.netty.connector.serve.ServedRules;
import dev.adit.tunnel.netty.connector.status.StatusListener;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A running tunnel and what it must close: connections first, then the threads. */
final class NettyTunnel implements Tunnel {

    /** How much longer than the grace period a close may take before the threads are taken away. */
    private static final Duration AFTER_GRACE = Duration.ofSeconds(5);

    private final UUID id;
    private final @Nullable URI url;
    private final Duration gracePeriod;
    private final TunnelConnector connector;
    private final @Nullable StatusListener status;
    private final TunnelResources resources;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<CloseReport> closed = new CompletableFuture<>();
    private volatile @Nullable Thread shutdownHook;

    NettyTunnel(
            UUID id,
            @Nullable URI url,
            Duration gracePeriod,
            TunnelConnector connector,
            @Nullable StatusListener status,
            TunnelResources resources) {
        this.id = id;
        this.url = url;
        this.gracePeriod = gracePeriod;
        this.connector = connector;
        this.status = status;
        this.resources = resources;
    }

    @Override
    public Optional<URI> url() {
        return Optional.ofNullable(url);
    }

    @Override
    public UUID id() {
        return id;
    }

    @Override
    public TunnelState state() {
        return connector.state();
    }

    @Override
    public List<ConnectionInfo> connections() {
        return connector.connections();
    }

    @Override
    public Ingress ingress() {
        return connector.ingress();
    }

    @Override
    public void updateIngress(Ingress ingress) {
        ServedRules.check(ingress);
        if (closing.get()) {
            throw new IllegalStateException("The tunnel " + id + " is closed. Start a new one with these rules.");
        }
        connector.updateIngress(ingress);
    }

    @Override
    public Optional<InetSocketAddress> statusAddress() {
        return Optional.ofNullable(status).map(StatusListener::address);
    }

    @Override
    public void addListener(TunnelListener listener) {
        resources.events().add(listener);
    }

    @Override
    public void removeListener(TunnelListener listener) {
        resources.events().remove(listener);
    }

    @Override
    public void awaitClosed() throws InterruptedException {
        try {
            closed.get();
        } catch (ExecutionException e) {
            throw new TunnelException("The tunnel " + id + " did not close properly: " + e.getCause(), e.getCause());
        }
    }

    @Override
    public void close() {
        close(gracePeriod);
    }

    @Override
    public CloseReport close(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace: " + grace + " (expected: >= 0)");
        }
        if (closing.compareAndSet(false, true)) {
            closeNow(grace);
        }
        return closed.join();
    }

    private void closeNow(Duration grace) {
        long began = System.nanoTime();
        List<CloseReport.CutRequest> cut = List.of();
        boolean interrupted = false;
        try {
            cut = connector.close(grace).get(grace.plus(AFTER_GRACE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (ExecutionException | TimeoutException e) {
            // The threads are taken away below; with them goes whatever hangs.
        } finally {
            if (status != null) {
                status.close();
            }
            resources.close();
            forgetShutdownHook();
            closed.complete(new CloseReport(cut, Duration.ofNanos(System.nanoTime() - began)));
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Closes at once on a thread of its own, because an event loop cannot wait for its own end. */
    void closeOffLoop(Runnable then) {
        Thread closer = new Thread(
                () -> {
                    close(Duration.ZERO);
                    then.run();
                },
                "adit-close");
        closer.setDaemon(true);
        closer.start();
    }

    void closeOnShutdown() {
        Thread hook = new Thread(this::close, "adit-shutdown");
        shutdownHook = hook;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void forgetShutdownHook() {
        Thread hook = shutdownHook;
        if (hook != null && Thread.currentThread() != hook) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is shutting down already; the hook finds the tunnel closed.
            }
        }
    }

    @Override
    public String toString() {
        return "Tunnel[" + id + ", " + state() + (url == null ? "" : ", " + url) + "]";
    }
}
