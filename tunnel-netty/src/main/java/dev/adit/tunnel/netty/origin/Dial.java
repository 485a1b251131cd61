package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to reach an origin: opens its socket file, or resolves its name and tries the addresses of both families in turn, the next one
 * 250 ms after the last or as soon as that failed, until one answers (RFC 8305, in short). Used on its event loop only.
 */
public final class Dial implements OriginDialer.Outcome {

    static final long STAGGER_MILLIS = 250;

    private final OriginDialer dialer;
    private final EventLoop loop;
    private final String serverName;
    private final boolean offerHttp2;
    private final OriginDialer.Outcome outcome;
    private final List<ChannelFuture> attempts = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private List<InetAddress> addresses = List.of();
    private int next;
    private boolean over;
    private @Nullable Throwable lastFailure;
    private @Nullable Channel winner;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ScheduledFuture<?> stagger;

    /**
     * Makes an attempt that has not begun.
     *
     * @param dialer knows the origin
     * @param loop where the connection will live
     * @param serverName the name to ask for and verify in TLS
     * @param offerHttp2 whether to offer HTTP/2 besides HTTP/1.1 in TLS
     * @param outcome told once
     */
    public Dial(
            OriginDialer dialer, EventLoop loop, String serverName, boolean offerHttp2, OriginDialer.Outcome outcome) {
        this.dialer = dialer;
        this.loop = loop;
        this.serverName = serverName;
        this.offerHttp2 = offerHttp2;
        this.outcome = outcome;
    }

    /** Begins. */
    public void start() {
        long limit = dialer.options().connectTimeout().toNanos();
        deadline = loop.schedule(this::timedOut, limit, TimeUnit.NANOSECONDS);
        @Nullable Path file = dialer.address().file();
        if (file != null) {
            openFile(file);
            return;
        }
        Future<List<InetAddress>> resolved =
                dialer.resolver().resolve(dialer.address().host(), loop);
        if (resolved.isDone()) {
            onResolved(resolved);
        } else {
            var unused = resolved.addListener(done -> onResolved(resolved));
        }
    }

    /** Gives up; the outcome is not told. */
    public void cancel() {
        over = true;
        stopAttempts();
        if (winner != null) {
            winner.close();
        }
    }

    private void openFile(Path file) {
        ChannelFuture attempt = dialer.open(loop, file);
        attempts.add(attempt);
        var unused = attempt.addListener(done -> {
            if (over) {
                attempt.channel().close();
            } else if (attempt.isSuccess()) {
                use(attempt.channel());
            } else {
                fail(OriginException.unreachableFile(dialer.address(), attempt.cause()));
            }
        });
    }

    private void use(Channel channel) {
        winner = channel;
        stopAttempts();
        dialer.secure(channel, serverName, offerHttp2, this);
    }

    private void onResolved(Future<List<InetAddress>> resolved) {
        if (over) {
            return;
        }
        if (!resolved.isSuccess()) {
            fail(new OriginException(
                    OriginFailure.NAME_NOT_RESOLVED,
                    "Origin " + dialer.address() + ": the name '"
                            + dialer.address().host()
                            + "' has no address. Correct the rule's host, or the name service.",
                    resolved.cause()));
            return;
        }
        boolean strict = dialer.options().noHappyEyeballs();
        List<InetAddress> permitted = dialer.permitted(resolved.getNow());
        if (permitted.isEmpty()) {
            fail(new OriginException(
                    OriginFailure.DESTINATION_REFUSED,
                    "Destination " + dialer.address()
                            + " is not allowed by the rule's list. Add an IpRule that names it if visitors may reach it.",
                    null));
            return;
        }
        addresses = strict ? permitted : interleaved(permitted);
        tryNext();
    }

    /** The families in turn, beginning with that of the resolver's first address. */
    static List<InetAddress> interleaved(List<InetAddress> addresses) {
        boolean v6First = addresses.get(0) instanceof Inet6Address;
        List<InetAddress> first = new ArrayList<>();
        List<InetAddress> second = new ArrayList<>();
        for (InetAddress address : addresses) {
            (address instanceof Inet6Address == v6First ? first : second).add(address);
        }
        List<InetAddress> turns = new ArrayList<>(addresses.size());
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            if (i < first.size()) {
                turns.add(first.get(i));
            }
            if (i < second.size()) {
                turns.add(second.get(i));
            }
        }
        return turns;
    }

    private void tryNext() {
        cancel(stagger);
        stagger = null;
        if (next == addresses.size()) {
            return;
        }
        InetAddress address = addresses.get(next++);
        ChannelFuture attempt = dialer.open(loop, address);
        attempts.add(attempt);
        var unused = attempt.addListener(done -> onAttempt(attempt, address));
        if (!over && next < addresses.size() && stagger == null) {
            stagger = loop.schedule(this::tryNext, staggerNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** Strictly one after the other means an equal share of the time for each address. */
    private long staggerNanos() {
        return dialer.options().noHappyEyeballs()
                ? dialer.options().connectTimeout().toNanos() / addresses.size()
                : TimeUnit.MILLISECONDS.toNanos(STAGGER_MILLIS);
    }

    private void onAttempt(ChannelFuture attempt, InetAddress address) {
        if (over || winner != null) {
            attempt.channel().close();
            return;
        }
        if (attempt.isSuccess()) {
            use(attempt.channel());
            return;
        }
        attempts.remove(attempt);
        lastFailure = attempt.cause();
        boolean wasRefused = lastFailure instanceof ConnectException
                && OriginException.text(lastFailure).contains("refused");
        (wasRefused ? refused : failed).add(NetUtil.toAddressString(address));
        if (next < addresses.size()) {
            tryNext();
        } else if (attempts.isEmpty()) {
            fail(unreachable());
        }
    }

    private OriginException unreachable() {
        StringBuilder text = new StringBuilder("Origin ").append(dialer.address());
        if (!refused.isEmpty()) {
            text.append(" refused the connection on ").append(String.join(" and ", refused));
        }
        if (!failed.isEmpty()) {
            text.append(refused.isEmpty() ? " cannot be reached on " : ", and cannot be reached on ")
                    .append(String.join(" and ", failed))
                    .append(" (")
                    .append(OriginException.text(lastFailure))
                    .append(')');
        }
        text.append(". Start the service or correct the rule's port.");
        return new OriginException(OriginFailure.CONNECT_FAILED, text.toString(), lastFailure);
    }

    private void timedOut() {
        if (over || winner != null) {
            return;
        }
        String tried = addresses.isEmpty()
                ? (dialer.address().file() == null ? ": its name did not resolve" : " did not accept the connection")
                : " did not answer on "
                        + addresses.stream().map(NetUtil::toAddressString).collect(Collectors.joining(" and "));
        fail(new OriginException(
                OriginFailure.CONNECT_TIMED_OUT,
                "Origin " + dialer.address() + tried + " within "
                        + dialer.options().connectTimeout().toMillis()
                        + " ms. Check the address, the way to it and its firewall.",
                lastFailure));
    }

    private void fail(OriginException failure) {
        over = true;
        stopAttempts();
        outcome.failed(failure);
    }

    @Override
    public void connected(Channel channel) {
        if (over) {
            channel.close();
        } else {
            over = true;
            outcome.connected(channel);
        }
    }

    @Override
    public void failed(OriginException failure) {
        if (!over) {
            fail(failure);
        }
    }

    private void stopAttempts() {
        cancel(deadline);
        cancel(stagger);
        for (ChannelFuture attempt : attempts) {
            if (!attempt.channel().equals(winner)) {
                attempt.channel().close();
            }
        }
    }

    private static void cancel(@Nullable ScheduledFuture<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
