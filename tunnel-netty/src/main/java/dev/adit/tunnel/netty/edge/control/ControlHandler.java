package dev.adit.tunnel.netty.edge.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.adit.tunnel.QuickTunnel;
import dev.adit.tunnel.TunnelException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code POST /tunnel} with a fresh quick tunnel, everything else with an error, in the envelope that cloudflared
 * reads. A request that names an Origin comes from a page in a browser and is refused. Source: cloudflared 2026.8.2, {@code
 * cmd/cloudflared/tunnel/quick_tunnel.go}.
 */
final class ControlHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger LOG = LoggerFactory.getLogger(ControlHandler.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final String QUICK_TUNNEL = "/tunnel";

    private final Supplier<QuickTunnel> quickTunnels;
    private final Executor worker;

    ControlHandler(Supplier<QuickTunnel> quickTunnels, Executor worker) {
        this.quickTunnels = quickTunnels;
        this.worker = worker;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        FullHttpResponse refusal = refusal(request);
        if (refusal != null) {
            send(ctx, refusal, keepAlive);
            return;
        }
        // Making a tunnel binds a listener and waits for it: not for an event loop to do.
        ctx.channel().config().setAutoRead(false);
        worker.execute(() -> {
            FullHttpResponse response = newTunnel();
            ctx.executor().execute(() -> {
                send(ctx, response, keepAlive);
                ctx.channel().config().setAutoRead(true);
            });
        });
    }

    private static void send(ChannelHandlerContext ctx, FullHttpResponse response, boolean keepAlive) {
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        HttpUtil.setKeepAlive(response, keepAlive);
        ChannelFuture sent = ctx.writeAndFlush(response);
        if (!keepAlive) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static @Nullable FullHttpResponse refusal(FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            return error(HttpResponseStatus.BAD_REQUEST, "The request is malformed.");
        } else if (request.headers().contains(HttpHeaderNames.ORIGIN)) {
            return error(HttpResponseStatus.FORBIDDEN, "Pages in browsers may not call this.");
        } else if (!request.uri().equals(QUICK_TUNNEL)) {
            return error(HttpResponseStatus.NOT_FOUND, "There is only POST /tunnel here.");
        } else if (!request.method().equals(HttpMethod.POST)) {
            FullHttpResponse response = error(HttpResponseStatus.METHOD_NOT_ALLOWED, "Use POST.");
            response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.POST);
            return response;
        }
        return null;
    }

    private FullHttpResponse newTunnel() {
        try {
            return json(HttpResponseStatus.OK, quickTunnels.get(), null);
        } catch (IllegalStateException | TunnelException e) {
            LOG.warn("A quick tunnel was asked for and could not be made: {}", e.getMessage());
            return error(HttpResponseStatus.SERVICE_UNAVAILABLE, "This edge makes no quick tunnels now.");
        }
    }

    private static FullHttpResponse error(HttpResponseStatus status, String message) {
        return json(status, null, message);
    }

    private static FullHttpResponse json(
            HttpResponseStatus status, @Nullable QuickTunnel tunnel, @Nullable String error) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeBooleanField("success", error == null);
            json.writeArrayFieldStart("errors");
            if (error != null) {
                json.writeStartObject();
                json.writeNumberField("code", status.code());
                json.writeStringField("message", error);
                json.writeEndObject();
            }
            json.writeEndArray();
            if (tunnel != null) {
                json.writeObjectFieldStart("result");
                json.writeStringField("id", tunnel.credentials().tunnelId().toString());
                json.writeStringField("name", tunnel.hostname());
                json.writeStringField("hostname", tunnel.hostname());
                json.writeStringField("account_tag", tunnel.credentials().accountTag());
                json.writeStringField(
                        "secret",
                        Base64.getEncoder().encodeToString(tunnel.credentials().secret()));
                json.writeStringField("url", tunnel.url().toString());
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(out.toByteArray()));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("A caller of the control listener failed: {}", String.valueOf(cause));
        ctx.close();
    }
}
