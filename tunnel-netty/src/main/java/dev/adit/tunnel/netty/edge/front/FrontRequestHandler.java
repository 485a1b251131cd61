package dev.adit.tunnel.netty.edge.front;

import dev.adit.tunnel.CloseReport.CutRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A visitor's connection: one request after the other, each an {@link Exchange}. What comes early waits, and reading
 * pauses meanwhile. Runs on the visitor's event loop.
 */
final class FrontRequestHandler extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(FrontRequestHandler.class);

    /** Octets of a body nobody wants that are read so that the connection can be used again. */
    private static final int MAX_DISCARDED = 1024 * 1024;

    private static final long LINGER_MILLIS = 2_000;

    private final FrontContext context;
    private final @Nullable UUID fixedTunnel;
    private final FrontResponseEncoder encoder;
    private final Deque<Object> early = new ArrayDeque<>(0);
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable Exchange current;
    private boolean pausedByExchange;
    private boolean discarding;
    private boolean closing;
    private boolean draining;
    private boolean pumping;
    private boolean broken;
    private int discarded;

    /**
     * Makes one.
     *
     * @param fixedTunnel where every request goes, or null to go by host
     */
    FrontRequestHandler(FrontContext context, @Nullable UUID fixedTunnel, FrontResponseEncoder encoder) {
        this.context = context;
        this.fixedTunnel = fixedTunnel;
        this.encoder = encoder;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (closing) {
            ReferenceCountUtil.release(message);
        } else if (!early.isEmpty() || (message instanceof HttpRequest && isBusy())) {
            early.add(message);
            updateReading();
        } else {
            accept(message);
        }
    }

    /** While responses pile up unread, no further request is begun. */
    private boolean isBusy() {
        return current != null || discarding || !context().channel().isWritable();
    }

    /** Takes ownership of the message. */
    private void accept(Object message) {
        if (message instanceof HttpRequest request) {
            begin(request);
        } else if (message instanceof HttpContent content) {
            content(content);
        } else if (message instanceof ByteBuf raw && current != null) {
            current.requestData(raw);
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(HttpRequest request) {
        String ray = newRay();
        VisitorRequest checked = null;
        try {
            VisitorRequest read = RequestReader.read(request);
            checked = read;
            Http2Headers headers =
                    ForwardedHeaders.request(read, context().channel().remoteAddress(), ray, context.loopToken());
            UUID tunnel = fixedTunnel == null ? context.router().find(read.host()) : fixedTunnel;
            if (tunnel == null) {
                throw new RefusedRequestException(ErrorPage.UNKNOWN_HOST.status(), ErrorPage.UNKNOWN_HOST.detail());
            }
            encoder.answersHead(read.isHead());
            Exchange exchange = new Exchange(context, this, context(), read, tunnel, headers, ray);
            current = exchange;
            if (draining) {
                exchange.closeAfterwards();
            }
            exchange.start();
        } catch (RefusedRequestException e) {
            refuse(request, checked, new ErrorPage(e.status(), String.valueOf(e.getMessage())), ray);
        }
    }

    private void refuse(HttpRequest request, @Nullable VisitorRequest checked, ErrorPage page, String ray) {
        LOG.debug("ray={} refused with {}: {}", ray, page.status(), page.detail());
        FullHttpResponse response = page.response(request.headers(), ray);
        encoder.answersHead(checked != null && checked.isHead());
        if (checked != null && checked.keepAlive() && !checked.hasBody() && !draining) {
            if (checked.http10()) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            }
            context().writeAndFlush(response);
        } else {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            context().writeAndFlush(response);
            linger();
        }
    }

    private void content(HttpContent content) {
        if (!content.decoderResult().isSuccess()) {
            content.release();
            brokenBody();
            return;
        }
        boolean last = content instanceof LastHttpContent;
        Exchange exchange = current;
        if (discarding) {
            discarded += content.content().readableBytes();
            content.release();
            if (last) {
                discarding = false;
                next();
            } else if (discarded > MAX_DISCARDED) {
                linger();
            }
        } else if (exchange == null || (exchange.requestEnded() && !exchange.isWebSocket())) {
            content.release();
        } else {
            exchange.requestData(content.content());
            if (last) {
                exchange.requestEnd(((LastHttpContent) content).trailingHeaders());
                if (exchange.isWebSocket()) {
                    // What follows is no second request, whatever the origin will say.
                    context().pipeline().remove(StrictRequestDecoder.class);
                }
            }
        }
    }

    /** The body breaks the rules of its framing: the request must not look complete anywhere. */
    private void brokenBody() {
        broken = true;
        Exchange exchange = current;
        current = null;
        if (exchange != null) {
            exchange.cancel(Http2Error.CANCEL);
        }
        linger();
    }

    /** A response was written to its end. */
    void responseEnded(Exchange exchange, boolean keepAlive) {
        if (current != exchange) {
            return;
        }
        current = null;
        if (!keepAlive || draining) {
            if (exchange.requestEnded()) {
                closeWhenFlushed();
            } else {
                linger();
            }
        } else if (!exchange.requestEnded()) {
            discarding = true;
            discarded = 0;
            context().executor().schedule(this::stillDiscarding, LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            next();
        }
    }

    private void stillDiscarding() {
        if (discarding) {
            closing = true;
            context().close();
        }
    }

    /** Goes on with what came early. */
    private void next() {
        if (pumping) {
            return;
        }
        pumping = true;
        while (!early.isEmpty() && !closing && !(early.peek() instanceof HttpRequest && isBusy())) {
            accept(early.remove());
        }
        pumping = false;
        updateReading();
    }

    /** The exchange wants no more octets for now, or wants them again. */
    void pauseReading(boolean paused) {
        pausedByExchange = paused;
        updateReading();
    }

    private void updateReading() {
        context().channel().config().setAutoRead(!pausedByExchange && early.isEmpty());
    }

    /** An upgrade was agreed: raw octets from now on, both ways. The decoder is gone already. */
    void becomeRaw() {
        context().pipeline().remove(encoder);
    }

    /** Closes when everything written has been sent. */
    void closeWhenFlushed() {
        closing = true;
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /**
     * Closes while the visitor may still be sending: our side ends, and what comes is thrown away for a while, because
     * closing over unread octets would make the visitor's system drop the answer.
     */
    private void linger() {
        closing = true;
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        pausedByExchange = false;
        updateReading();
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            if (!broken && context().channel() instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
                context().executor().schedule(() -> duplex.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
            } else {
                context().close();
            }
        });
    }

    /**
     * No further request is wanted. Call on the event loop.
     */
    void drain() {
        draining = true;
        if (current == null) {
            closeWhenFlushed();
        } else {
            current.closeAfterwards();
        }
    }

    /**
     * Breaks off what runs. Call on the event loop.
     *
     * @param report told what is cut, if anything is, before the connection closes: who waits for that reads it then
     */
    void cut(Consumer<CutRequest> report) {
        Exchange exchange = current;
        if (exchange != null) {
            report.accept(exchange.cutRequest());
        }
        context().close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            if (current != null) {
                current.visitorWritable();
            } else {
                next();
            }
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        visitorGone(true);
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("A visitor's connection failed: {}", String.valueOf(cause));
        visitorGone(false);
        context.close();
    }

    private void visitorGone(boolean orderly) {
        closing = true;
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        Exchange exchange = current;
        current = null;
        if (exchange != null) {
            exchange.visitorGone(orderly);
        }
    }

    private static String newRay() {
        String hex = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return "0".repeat(16 - hex.length()) + hex.toLowerCase(Locale.ROOT) + "-ADT";
    }

    private ChannelHandlerContext context() {
        if (ctx == null) {
            throw new IllegalStateException("The handler is in no pipeline yet.");
        }
        return ctx;
    }
}
