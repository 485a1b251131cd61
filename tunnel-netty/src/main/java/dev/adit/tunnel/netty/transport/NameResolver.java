package dev.adit.tunnel.netty.transport;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns names into addresses with the system's resolver, on up to two daemon threads of its own and never on an event
 * loop. Addresses are kept for 30 s, failures for 1 s; when a name stops resolving, the addresses that it had are used
 * on. {@code localhost} and names below it are the loopback addresses of both families, whatever the system says
 * (RFC 6761 section 6.3). Safe for use by several threads.
 */
public final class NameResolver implements AutoCloseable {

    static final Duration KEEP = Duration.ofSeconds(30);
    static final Duration KEEP_FAILURE = Duration.ofSeconds(1);

    private static final int MAX_NAMES = 1024;
    private static final int MAX_WAITING = 1024;
    private static final int THREADS = 2;
    private static final long IDLE_THREAD_SECONDS = 10;

    /** The blocking look-up. */
    @FunctionalInterface
    public interface Lookup {
        /**
         * Looks a name up.
         *
         * @param host a name that is no literal
         * @return its addresses in the order to try
         * @throws UnknownHostException if it has none
         */
        List<InetAddress> addresses(String host) throws UnknownHostException;
    }

    private record Answer(
            List<InetAddress> addresses, @Nullable UnknownHostException failure, long until) {}

    private final Lookup lookup;
    private final LongSupplier nanoTime;
    private final Executor executor;
    private final @Nullable ThreadPoolExecutor owned;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<List<InetAddress>>> running = new ConcurrentHashMap<>();

    /** Makes a resolver; its threads start when needed and end when idle or closed. */
    public NameResolver() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_WAITING),
                new DefaultThreadFactory("adit-resolve", true));
        threads.allowCoreThreadTimeOut(true);
        lookup = host -> List.of(InetAddress.getAllByName(host));
        nanoTime = System::nanoTime;
        executor = threads;
        owned = threads;
    }

    /**
     * Makes a resolver on a given look-up, clock and executor, which stay the caller's.
     *
     * @param lookup asked for names
     * @param nanoTime the clock for how long answers are kept
     * @param executor runs the look-ups, never on an event loop
     */
    public NameResolver(Lookup lookup, LongSupplier nanoTime, Executor executor) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
        this.executor = executor;
        owned = null;
    }

    /**
     * Resolves a name.
     *
     * @param host a name or an IP literal
     * @param loop where the future is completed
     * @return at least one address, in the resolver's order, or an {@link UnknownHostException}
     */
    public Future<List<InetAddress>> resolve(String host, EventExecutor loop) {
        try {
            if (NetUtil.isValidIpV4Address(host) || host.indexOf(':') >= 0) {
                return loop.newSucceededFuture(List.of(InetAddress.getByName(host))); // a literal: no look-up
            }
            if (isLocalhost(host)) {
                return loop.newSucceededFuture(loopback());
            }
        } catch (UnknownHostException e) {
            return loop.newFailedFuture(e);
        }
        @Nullable Answer known = answers.get(host);
        if (known != null && known.until() - nanoTime.getAsLong() > 0) {
            return known.failure() == null
                    ? loop.newSucceededFuture(known.addresses())
                    : loop.newFailedFuture(known.failure());
        }
        Promise<List<InetAddress>> promise = loop.newPromise();
        var unused = lookUp(host).whenComplete((addresses, failure) -> {
            if (loop.isShuttingDown()) {
                return; // nobody is left to be told
            }
            if (failure == null) {
                promise.trySuccess(addresses);
            } else {
                promise.tryFailure(failure);
            }
        });
        return promise;
    }

    private CompletableFuture<List<InetAddress>> lookUp(String host) {
        CompletableFuture<List<InetAddress>> ours = new CompletableFuture<>();
        @Nullable CompletableFuture<List<InetAddress>> theirs = running.putIfAbsent(host, ours);
        if (theirs != null) {
            return theirs;
        }
        try {
            executor.execute(() -> answer(host, ours));
        } catch (RejectedExecutionException e) {
            running.remove(host);
            ours.completeExceptionally(new UnknownHostException(host + " (too many look-ups are waiting, or closed)"));
        }
        return ours;
    }

    private void answer(String host, CompletableFuture<List<InetAddress>> future) {
        Answer answer;
        try {
            List<InetAddress> addresses = lookup.addresses(host);
            answer = new Answer(addresses, null, nanoTime.getAsLong() + KEEP.toNanos());
        } catch (UnknownHostException e) {
            answer = afterFailure(host, e);
        } catch (RuntimeException e) {
            UnknownHostException failure = new UnknownHostException(host);
            failure.initCause(e);
            answer = afterFailure(host, failure);
        }
        if (answers.size() >= MAX_NAMES) {
            answers.clear();
        }
        answers.put(host, answer);
        running.remove(host);
        if (answer.failure() == null) {
            future.complete(answer.addresses());
        } else {
            future.completeExceptionally(answer.failure());
        }
    }

    private Answer afterFailure(String host, UnknownHostException failure) {
        @Nullable Answer before = answers.get(host);
        List<InetAddress> addresses = before == null ? List.of() : before.addresses();
        return new Answer(
                addresses, addresses.isEmpty() ? failure : null, nanoTime.getAsLong() + KEEP_FAILURE.toNanos());
    }

    private static boolean isLocalhost(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.endsWith(".localhost");
    }

    private static List<InetAddress> loopback() {
        return List.of(NetUtil.LOCALHOST6, NetUtil.LOCALHOST4);
    }

    /** Ends the threads; look-ups that wait fail. */
    @Override
    public void close() {
        if (owned != null) {
            owned.shutdownNow();
        }
        for (Map.Entry<String, CompletableFuture<List<InetAddress>>> entry : running.entrySet()) {
            entry.getValue().completeExceptionally(new UnknownHostException(entry.getKey() + " (closed)"));
        }
    }
}
