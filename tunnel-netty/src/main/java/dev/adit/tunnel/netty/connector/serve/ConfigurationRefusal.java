package dev.adit.tunnel.netty.connector.serve;

import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a configuration that the edge pushes: not applied, because the rules are the application's. Any {@code err} but
 * null means failure to the edge. Source: cloudflared 2026.8.2, {@code orchestration/orchestrator.go}.
 */
final class ConfigurationRefusal implements StreamReceiver {

    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationRefusal.class);

    private static final byte[] ANSWER = ("{\"lastAppliedVersion\":-1,\"err\":{\"message\":"
                    + "\"This connector takes its rules from its application, not from the edge.\"}}")
            .getBytes(StandardCharsets.UTF_8);

    private final TunnelStream stream;

    ConfigurationRefusal(TunnelStream stream, boolean endStream) {
        this.stream = stream;
        if (endStream) {
            answer();
        }
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean endStream) {
        answer();
    }

    @Override
    public void onData(ByteBuf data, boolean endStream) {
        int bytes = data.readableBytes();
        data.release();
        stream.consumed(bytes);
        if (endStream) {
            answer();
        }
    }

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onReset(long errorCode) {}

    private void answer() {
        LOG.info("The edge pushed a configuration; it was not applied, because the application gave its own rules.");
        Http2Headers head = new DefaultHttp2Headers()
                .status(HttpResponseStatus.OK.codeAsText())
                .set(HttpHeaderNames.CONTENT_LENGTH, AsciiString.of(Integer.toString(ANSWER.length)));
        stream.writeHeaders(head, false);
        stream.writeData(Unpooled.wrappedBuffer(ANSWER), true);
        stream.flush();
    }
}
