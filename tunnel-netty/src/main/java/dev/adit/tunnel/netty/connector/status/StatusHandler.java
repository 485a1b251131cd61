package dev.adit.tunnel.netty.connector.status;

import dev.adit.tunnel.netty.connector.status.StatusPages.Page;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers one request and closes: so nothing can be queued behind it, and a connection lives no longer than it may, however
 * slowly its peer sends or reads. Lives on the listener's own event loop.
 */
final class StatusHandler extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(StatusHandler.class);

    /** How long a peer may take to close after the answer, so that it is not reset under the answer. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final StatusPages pages;
    private final @Nullable String ownName;
    private final Duration lifetime;
    private boolean answered;

    StatusHandler(StatusPages pages, @Nullable String ownName, Duration lifetime) {
        this.lifetime = lifetime;
        this.pages = pages;
        this.ownName = ownName;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        closeIn(lifetime, ctx.channel());
        ctx.fireChannelActive();
    }

    private static void closeIn(Duration limit, Channel channel) {
        var timer = channel.eventLoop().schedule(() -> channel.close(), limit.toMillis(), TimeUnit.MILLISECONDS);
        channel.closeFuture().addListener(closed -> timer.cancel(false));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (!answered && message instanceof HttpRequest request) {
                answered = true;
                answer(ctx, request);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest request) {
        Page page = page(request);
        byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(page.status()), Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, page.contentType())
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(
                        HttpHeaderNames.DATE,
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (page.status() == HttpResponseStatus.METHOD_NOT_ALLOWED.code()) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        Channel channel = ctx.channel();
        ctx.writeAndFlush(response).addListener(sent -> {
            if (sent.isSuccess() && channel instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
                closeIn(LINGER, channel);
            } else {
                channel.close();
            }
        });
    }

    private Page page(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return malformed(request.decoderResult().cause());
        }
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (!isHttp1(request.protocolVersion())
                || !request.uri().startsWith("/")
                || hosts.size() > 1
                || (hosts.isEmpty() && request.protocolVersion().minorVersion() > 0)) {
            return Page.text(HttpResponseStatus.BAD_REQUEST.code(), "400 bad request\n");
        }
        if (!hosts.isEmpty() && !LocalHost.isLocal(hosts.get(0), ownName)) {
            return Page.text(
                    HttpResponseStatus.MISDIRECTED_REQUEST.code(),
                    "421 this listener answers to IP addresses, localhost and the name it was opened with only\n");
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return Page.text(HttpResponseStatus.METHOD_NOT_ALLOWED.code(), "405 use GET\n");
        }
        String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0");
        if (request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING) || !length.equals("0")) {
            return Page.text(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE.code(), "413 send no body\n");
        }
        String uri = request.uri();
        int query = uri.indexOf('?');
        Page page = pages.page(query < 0 ? uri : uri.substring(0, query));
        return page != null ? page : Page.text(HttpResponseStatus.NOT_FOUND.code(), "404 page not found\n");
    }

    private static boolean isHttp1(HttpVersion version) {
        return version.protocolName().equals("HTTP") && version.majorVersion() == 1;
    }

    private static Page malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Page.text(HttpResponseStatus.REQUEST_URI_TOO_LONG.code(), "414 request line too long\n");
        } else if (cause instanceof TooLongHttpHeaderException) {
            return Page.text(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE.code(), "431 headers too long\n");
        }
        return Page.text(HttpResponseStatus.BAD_REQUEST.code(), "400 bad request\n");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("A caller of the status listener failed: {}", String.valueOf(cause));
        ctx.close();
    }
}
