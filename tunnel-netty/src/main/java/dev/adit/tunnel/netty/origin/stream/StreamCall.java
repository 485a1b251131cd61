package dev.adit.tunnel.netty.origin.stream;

import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.netty.origin.Dial;
import dev.adit.tunnel.netty.origin.OriginCall;
import dev.adit.tunnel.netty.origin.OriginDialer;
import dev.adit.tunnel.netty.origin.OriginException;
import dev.adit.tunnel.netty.origin.ResponseSink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One visitor's stream and its TCP connection. Used on its event loop only.
 *
 * <p>Reads from the origin only while the sink is writable. Gives the visitor credit when the origin's socket has room
 * again; what comes before there is a connection waits, so a stream's window bounds it.
 */
final class StreamCall implements OriginCall, OriginDialer.Outcome, VisitorSide.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(StreamCall.class);
    private static final int SOCKS_PATIENCE_SECONDS = 30;

    private final ResponseSink sink;
    private final VisitorSide side;
    private final Runnable onEnd;
    /** What the stream carried before it was opened. */
    private final Deque<ByteBuf> early = new ArrayDeque<>(0);
    /** Bytes for an origin that is not connected yet. */
    private final Deque<ByteBuf> waiting = new ArrayDeque<>(0);

    private @Nullable Dial dial;
    private @Nullable TcpConnection connection;
    private @Nullable SocksHandshake socks;
    private @Nullable ScheduledFuture<?> socksPatience;
    private int owed;
    private boolean opened;
    private boolean streamEnded;
    private boolean visitorEnded;
    private boolean originEnded;
    private boolean over;

    /** Opens the connection for a destination that a visitor asked for. */
    interface Dialer {
        OriginDialer to(String host, int port);
    }

    /**
     * Prepares a call.
     *
     * @param onEnd run once when it is over
     */
    StreamCall(ResponseSink sink, VisitorSide side, Runnable onEnd) {
        this.sink = sink;
        this.side = side;
        this.onEnd = onEnd;
    }

    /** Connects first, and only then answers. */
    void connect(OriginDialer dialer) {
        dial = new Dial(dialer, sink.eventLoop(), dialer.address().host(), false, this);
        dial.start();
    }

    /** Connects, answers, and takes the visitor's SOCKS request for the destination that is connected already. */
    void connectThenSocks(OriginDialer dialer) {
        socks = new SocksHandshake(new Socks((host, port) -> dialer));
        connect(dialer);
    }

    /** Answers, and connects to what the visitor then asks for. */
    void socksThenConnect(Dialer dialer) {
        socks = new SocksHandshake(new Socks(dialer));
        open();
    }

    /** What a SOCKS request leads to. */
    private final class Socks implements SocksHandshake.Steps {

        private final Dialer dialer;

        Socks(Dialer dialer) {
            this.dialer = dialer;
        }

        @Override
        public void answer(ByteBuf bytes) {
            side.write(bytes);
            sink.flush();
        }

        @Override
        public void connect(String host, int port) {
            stopSocksTimer();
            if (connection != null) {
                socksDone(connection);
                return;
            }
            try {
                StreamCall.this.connect(dialer.to(host, port));
            } catch (IllegalArgumentException e) {
                failed(new OriginException(OriginFailure.CONNECT_FAILED, String.valueOf(e.getMessage()), e));
            }
        }

        @Override
        public void giveUp(String why) {
            LOG.debug("A SOCKS request is refused: {}.", why);
            finish();
        }
    }

    private void open() {
        opened = true;
        if (socks != null) {
            socksPatience = sink.eventLoop()
                    .schedule(() -> broken("it sent no SOCKS request"), SOCKS_PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        side.open(this);
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            if (over) {
                data.release();
            } else {
                side.read(data);
            }
        }
        if (streamEnded && !over) {
            side.end();
        }
        flush();
    }

    private void socksDone(TcpConnection to) {
        if (socks != null) {
            socks.succeeded(to.channel().localAddress());
        }
        originMayRead();
    }

    private void stopSocksTimer() {
        if (socksPatience != null) {
            socksPatience.cancel(false);
        }
    }

    // The connection.

    @Override
    public void connected(Channel channel) {
        dial = null;
        TcpConnection to = new TcpConnection(channel, this);
        if (over) {
            to.abort();
            return;
        }
        connection = to;
        to.read(false);
        if (!opened) {
            open();
        } else {
            socksDone(to);
        }
        if (over) {
            return;
        }
        for (ByteBuf bytes = waiting.poll(); bytes != null; bytes = waiting.poll()) {
            to.write(bytes);
        }
        if (visitorEnded) {
            to.writeEnd();
        }
        originMayRead();
        flush();
    }

    /** What a service sends before the visitor's SOCKS request is answered has to wait for that. */
    private void originMayRead() {
        if (connection != null && !over) {
            connection.read(sink.isWritable() && (socks == null || socks.isAsked()));
        }
    }

    @Override
    public void failed(OriginException failure) {
        dial = null;
        if (over) {
            return;
        }
        if (opened && socks != null) {
            LOG.debug("A SOCKS request fails: {}", failure.getMessage());
            socks.failed(failure.failure(), failure.getCause());
            finish();
        } else {
            fail(failure.failure(), OriginException.text(failure), failure.getCause());
        }
    }

    void originRead(ByteBuf bytes) {
        side.write(bytes);
        if (!sink.isWritable() && connection != null) {
            connection.read(false);
        }
    }

    void originReadComplete() {
        sink.flush();
    }

    void originWritable() {
        giveCredit();
    }

    void originEnded() {
        originEnded = true;
        if (visitorEnded) {
            finish();
        } else {
            side.writeEnd();
        }
    }

    void originGone(@Nullable Throwable cause) {
        if (over) {
            return;
        }
        if (cause == null || originEnded) {
            finish();
            return;
        }
        fail(
                OriginFailure.RESPONSE_CUT_SHORT,
                "The origin broke the TCP connection off: " + OriginException.text(cause)
                        + ". The visitor sees it break off. Look at the service's log.",
                cause);
    }

    // The visitor.

    @Override
    public void data(ByteBuf data, boolean end) {
        owed += data.readableBytes();
        streamEnded |= end;
        if (over || !data.isReadable()) {
            data.release();
        } else if (opened) {
            side.read(data);
        } else {
            early.add(data);
        }
        if (end && opened && !over) {
            side.end();
        }
        giveCredit();
    }

    @Override
    public void trailers(Http2Headers trailers) {
        streamEnded = true;
        if (opened && !over) {
            side.end();
        }
    }

    @Override
    public void received(ByteBuf bytes) {
        SocksHandshake asking = socks;
        if (asking != null && !asking.isAsked()) {
            asking.read(bytes);
        }
        if (over || !bytes.isReadable()) {
            bytes.release();
        } else if (connection == null) {
            waiting.add(bytes);
        } else {
            connection.write(bytes);
        }
    }

    @Override
    public void receivedEnd() {
        visitorEnded = true;
        if (originEnded) {
            finish();
        } else if (connection != null) {
            connection.writeEnd();
        } else if (socks != null && !socks.isAsked()) {
            finish();
        }
    }

    @Override
    public void closed() {
        @Nullable TcpConnection to = connection;
        if (end() && to != null) {
            to.close();
        }
    }

    @Override
    public void broken(String what) {
        if (!over) {
            LOG.debug("A TCP stream is broken off: {}.", what);
            @Nullable TcpConnection to = connection;
            side.complete();
            if (end() && to != null) {
                to.abort();
            }
        }
    }

    @Override
    public void cancel() {
        @Nullable TcpConnection to = connection;
        if (end() && to != null) {
            to.abort();
        }
    }

    @Override
    public void writabilityChanged() {
        if (!over && opened) {
            if (sink.isWritable()) {
                side.writable();
            }
            originMayRead();
        }
    }

    @Override
    public void goingAway() {
        if (!over && opened) {
            side.goingAway();
        }
    }

    @Override
    public void flush() {
        if (connection != null) {
            connection.flush();
        }
        giveCredit();
    }

    private void giveCredit() {
        boolean taken =
                over || (early.isEmpty() && waiting.isEmpty() && (connection == null || connection.isWritable()));
        if (owed > 0 && taken) {
            int credit = owed;
            owed = 0;
            sink.consumed(credit);
        }
    }

    // The end.

    /** Both directions are complete, or nothing more can be done. */
    private void finish() {
        if (over) {
            return;
        }
        side.complete();
        @Nullable TcpConnection to = connection;
        if (end() && to != null) {
            to.close();
        }
    }

    private void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
        @Nullable TcpConnection to = connection;
        if (end()) {
            if (to != null) {
                to.abort();
            }
            sink.fail(failure, message, cause);
            sink.flush();
        }
    }

    /** Lets go of everything but the connection; false if that has been done. */
    private boolean end() {
        if (over) {
            return false;
        }
        over = true;
        stopSocksTimer();
        side.stop();
        if (dial != null) {
            dial.cancel();
            dial = null;
        }
        early.forEach(ByteBuf::release);
        early.clear();
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        giveCredit();
        onEnd.run();
        return true;
    }
}
