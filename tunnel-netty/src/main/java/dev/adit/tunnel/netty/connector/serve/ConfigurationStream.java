package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.netty.wire.ResponseMeta;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One push of a configuration: collects its body, at most {@value #MAX_BYTES} bytes, hands it to
 * {@link RemoteConfiguration} and writes the answer. A longer one is answered 502, the rest of it is dropped. Lives on the
 * connection's event loop. Source: protocol of cloudflared 2026.8.2, {@code connection/http2.go}.
 */
final class ConfigurationStream implements StreamReceiver {

    /** How long a push may be. */
    static final int MAX_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationStream.class);
    private static final AsciiString TEXT = AsciiString.cached("text/plain; charset=utf-8");

    private final TunnelStream stream;
    private final RemoteConfiguration configuration;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean answered;

    ConfigurationStream(TunnelStream stream, RemoteConfiguration configuration, boolean endStream) {
        this.stream = stream;
        this.configuration = configuration;
        if (endStream) {
            complete();
        }
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        if (endStream) {
            complete();
        }
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        if (!answered && body.size() + bytes > MAX_BYTES) {
            LOG.warn("The edge pushed a configuration of more than {} bytes; it was not read.", MAX_BYTES);
            answer(ConfigurationAnswer.UNREADABLE);
        } else if (!answered) {
            byte[] copy = new byte[bytes];
            data.readBytes(copy);
            body.writeBytes(copy);
        }
        data.release();
        stream.consumed(bytes);
        if (endStream) {
            complete();
        }
    }

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onReset(long errorCode) {
        answered = true;
    }

    private void complete() {
        if (!answered) {
            configuration
                    .push(body.toByteArray())
                    .thenAccept(answer -> stream.eventLoop().execute(() -> answer(answer)));
        }
    }

    private void answer(ConfigurationAnswer answer) {
        if (answered) {
            return;
        }
        answered = true;
        body.reset();
        if (answer.body().isEmpty()) {
            stream.writeHeaders(
                    ResponseHeaders.failure(HttpResponseStatus.BAD_GATEWAY.code(), ResponseMeta.CONNECTOR), true);
        } else {
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            Http2Headers head = new DefaultHttp2Headers()
                    .status(HttpResponseStatus.OK.codeAsText())
                    .set(HttpHeaderNames.CONTENT_TYPE, TEXT)
                    .set(HttpHeaderNames.CONTENT_LENGTH, AsciiString.of(Integer.toString(bytes.length)));
            stream.writeHeaders(head, false);
            stream.writeData(Unpooled.wrappedBuffer(bytes), true);
        }
        stream.flush();
    }
}
