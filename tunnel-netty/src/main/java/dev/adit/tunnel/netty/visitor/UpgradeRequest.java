package dev.adit.tunnel.netty.visitor;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.wire.websocket.AcceptKey;
import dev.adit.tunnel.netty.wire.websocket.HalfClose;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks for the WebSocket and checks the answer (RFC 6455 section 4.1), then makes room for {@link WebSocketLink}. Source of
 * the request's form: cloudflared 2026.8.2, {@code carrier/websocket.go}. Runs on the connection's event loop.
 */
final class UpgradeRequest extends ChannelInboundHandlerAdapter {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY_BYTES = 16;

    private final AccessTarget target;
    private final HttpClientCodec http;
    private final WebSocketDial dial;
    private final String key;
    private boolean asked;
    private @Nullable HttpResponse agreement;

    UpgradeRequest(AccessTarget target, HttpClientCodec http, WebSocketDial dial) {
        this.target = target;
        this.http = http;
        this.dial = dial;
        byte[] random = new byte[KEY_BYTES];
        RANDOM.nextBytes(random);
        this.key = Base64.getEncoder().encodeToString(random);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (target.tls() == null) {
            ask(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                ask(ctx);
            } else {
                notEncrypted(handshake.cause());
            }
        }
    }

    private void ask(ChannelHandlerContext ctx) {
        asked = true;
        HttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, target.target());
        HttpHeaders headers = request.headers();
        headers.set(HttpHeaderNames.HOST, target.authority())
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13")
                .set(HttpHeaderNames.SEC_WEBSOCKET_KEY, key)
                .set(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, HalfClose.EXTENSION);
        for (HeaderFields.Field field : target.headers()) {
            headers.add(field.name(), field.value());
        }
        if (!headers.contains(HttpHeaderNames.USER_AGENT)) {
            headers.set(HttpHeaderNames.USER_AGENT, "adit");
        }
        ctx.writeAndFlush(request).addListener(written -> {
            if (!written.isSuccess()) {
                dial.fail(lost(written.cause()));
            }
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
                dial.fail(new TunnelException(target
                        + " does not speak HTTP/1.1 on this port. Give the address where the edge takes visitors."));
            } else if (message instanceof HttpResponse response) {
                answered(response);
            }
            if (message instanceof LastHttpContent && agreement != null) {
                takeOver(ctx, agreement);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void answered(HttpResponse response) {
        int status = response.status().code();
        if (status == 101) {
            String reason = disagreement(response.headers());
            if (reason == null) {
                agreement = response;
            } else {
                dial.fail(new TunnelException(target + " answered 101 but " + reason
                        + ", so it is no WebSocket server. Check the host, and what lies on the way."));
            }
        } else if (status >= 200) {
            dial.fail(Refusal.of(target, status, response.headers().get(HttpHeaderNames.LOCATION)));
        }
    }

    /** What is wrong with a 101, null if nothing. */
    private @Nullable String disagreement(HttpHeaders headers) {
        if (!headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
            return "does not say that it upgrades to websocket";
        }
        if (!AcceptKey.of(key).equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT))) {
            return "its Sec-WebSocket-Accept does not answer our key";
        }
        List<String> extensions = headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
        boolean ours = extensions.isEmpty()
                || (extensions.size() == 1 && extensions.get(0).strip().equals(HalfClose.EXTENSION));
        if (!ours || headers.contains(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            return "it agrees to an extension or a subprotocol that was not offered";
        }
        return null;
    }

    private void takeOver(ChannelHandlerContext ctx, HttpResponse response) {
        WebSocketLink link = new WebSocketLink(
                ctx.channel(),
                HalfClose.isOffered(response.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS)));
        agreement = null;
        ctx.channel().config().setAutoRead(false);
        ctx.pipeline().addLast(link);
        ctx.pipeline().remove(this);
        // Hands on what came behind the answer; the link keeps it until it is started.
        ctx.pipeline().remove(http);
        dial.agreed(link);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        dial.fail(lost(null));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (asked) {
            dial.fail(lost(cause));
        } else {
            notEncrypted(cause);
        }
    }

    private TunnelException lost(@Nullable Throwable cause) {
        return new TunnelException(
                target + " closed the connection before it answered"
                        + (cause == null ? "" : ": " + WebSocketDial.reason(cause))
                        + ". Try again; if it stays so, check"
                        + " that the address is where the edge takes visitors, and whether it wants TLS.",
                cause);
    }

    private void notEncrypted(Throwable cause) {
        dial.fail(new TunnelException(
                target + " could not prove by TLS to be " + target.host() + ": " + WebSocketDial.reason(cause)
                        + ". For an edge of your own, give its authorities; one without TLS is reached by an http:// URL.",
                cause));
    }
}
