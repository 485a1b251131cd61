package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.TunnelException;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One local connection and its WebSocket: each is read only while the other takes more. Used on its event loop only, but
 * for {@link #ended}.
 */
final class TcpCall implements WebSocketDial.Outcome, LocalSide.Listener, WebSocketLink.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(TcpCall.class);

    private final AccessTarget target;
    private final LocalSide local;
    private final Consumer<TunnelException> onFailure;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private @Nullable WebSocketDial dial;
    private @Nullable WebSocketLink link;
    private boolean localEnded;
    private boolean serviceEnded;
    private boolean over;

    /**
     * Makes a call that has not begun.
     *
     * @param onFailure told on the event loop if the service cannot be reached or cuts the connection
     */
    TcpCall(AccessTarget target, LocalSide local, Consumer<TunnelException> onFailure) {
        this.target = target;
        this.local = local;
        this.onFailure = onFailure;
    }

    /** Begins. */
    void start(WebSocketDial opening) {
        dial = opening;
        opening.start();
    }

    /** Completes when it is over and both sides are closed. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void opened(WebSocketLink opened) {
        dial = null;
        link = opened;
        LOG.debug("{}: a connection is open{}.", target, opened.halfClose() ? ", with half-closes" : "");
        // The local side first: the service's bytes, and even its end, may be here already and are told at once.
        local.start(this);
        if (!over) {
            opened.start(this);
        }
    }

    @Override
    public void failed(TunnelException reason) {
        onFailure.accept(reason);
        cut(reason);
    }

    /** Breaks off both sides, also what they still have to send after an end in order. */
    void abort(TunnelException reason) {
        cut(reason);
    }

    private void cut(TunnelException reason) {
        over = true;
        if (dial != null) {
            dial.cancel();
        }
        if (link != null) {
            link.abort();
        }
        local.abort(reason);
        endWithBoth();
    }

    private void finish() {
        over = true;
        local.close();
        endWithBoth();
    }

    private void endWithBoth() {
        CompletableFuture<Void> linkClosed = link == null ? CompletableFuture.completedFuture(null) : link.closed();
        var unused = CompletableFuture.allOf(linkClosed, local.closed())
                .whenComplete((done, failure) -> ended.complete(null));
    }

    private WebSocketLink link() {
        if (link == null) {
            throw new IllegalStateException("The WebSocket is not open");
        }
        return link;
    }

    @Override
    public void localRead(ByteBuf bytes) {
        link().write(bytes);
        if (!link().isWritable()) {
            link().flush();
            local.read(link().isWritable());
        }
    }

    @Override
    public void localReadComplete() {
        link().flush();
    }

    @Override
    public void localEnded() {
        localEnded = true;
        link().writeEnd();
        if (serviceEnded) {
            finish();
        }
    }

    @Override
    public void localWritable() {
        link().read(local.isWritable());
    }

    @Override
    public void localGone(@Nullable Throwable cause) {
        LOG.debug("{}: the local program broke off: {}", target, String.valueOf(cause));
        cut(new TunnelException(
                "The local side of the connection to " + target + " broke off"
                        + (cause == null ? "" : ": " + WebSocketDial.reason(cause)) + ".",
                cause));
    }

    @Override
    public void received(ByteBuf bytes) {
        local.write(bytes);
        if (!local.isWritable()) {
            local.flush();
            link().read(local.isWritable());
        }
    }

    @Override
    public void receivedComplete() {
        local.flush();
    }

    @Override
    public void receivedEnd() {
        serviceEnded = true;
        if (link().halfClose() && !localEnded) {
            local.writeEnd();
        } else {
            link().writeEnd();
            finish();
        }
    }

    @Override
    public void linkWritable() {
        local.read(link().isWritable());
    }

    @Override
    public void gone(@Nullable String broken) {
        if (broken == null) {
            finish();
        } else {
            TunnelException reason =
                    new TunnelException("The connection to " + target + " was cut: " + broken + ". Connect again.");
            onFailure.accept(reason);
            cut(reason);
        }
    }
}
