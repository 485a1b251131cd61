package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.OriginFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Hands everything on to another sink; what stands between a proxy and that sink overrides what it cares for. */
public abstract class ForwardingSink implements ResponseSink {

    private final ResponseSink to;

    /**
     * Stands before a sink.
     *
     * @param to gets everything
     */
    protected ForwardingSink(ResponseSink to) {
        this.to = to;
    }

    /**
     * The response is complete or has failed. It is called before the sink behind is told, once or more often, and does
     * nothing by itself.
     */
    protected void onEnd() {}

    @Override
    public EventLoop eventLoop() {
        return to.eventLoop();
    }

    @Override
    public void interim(int status, HttpHeaders headers) {
        to.interim(status, headers);
    }

    @Override
    public void head(int status, HttpHeaders headers, boolean end) {
        if (end) {
            onEnd();
        }
        to.head(status, headers, end);
    }

    /** {@inheritDoc} */
    @Override
    public void data(ByteBuf data, boolean end) {
        if (end) {
            onEnd();
        }
        to.data(data, end);
    }

    @Override
    public void trailers(HttpHeaders trailers) {
        onEnd();
        to.trailers(trailers);
    }

    @Override
    public void fail(OriginFailure failure, String message, @Nullable Throwable cause) {
        onEnd();
        to.fail(failure, message, cause);
    }

    @Override
    public boolean isWritable() {
        return to.isWritable();
    }

    @Override
    public void flush() {
        to.flush();
    }

    @Override
    public void consumed(int bytes) {
        to.consumed(bytes);
    }
}
