package dev.adit.tunnel.netty.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StreamKindTest {

    @ParameterizedTest
    @CsvSource({
        "control-stream, CONTROL",
        "websocket, WEBSOCKET",
        "update-configuration, CONFIGURATION",
        "Websocket, HTTP",
        "something, HTTP",
        "'', HTTP"
    })
    void theUpgradeHeaderTellsTheKind(String value, StreamKind kind) {
        assertThat(StreamKind.of(headers().set(TunnelHeaders.PROXY_CONNECTION_UPGRADE, value)))
                .isEqualTo(kind);
    }

    @Test
    void aSourceMakesItTcpUnlessItIsAWebSocket() {
        Http2Headers headers = headers().set(TunnelHeaders.PROXY_SRC, "203.0.113.9:1");
        assertThat(StreamKind.of(headers)).isEqualTo(StreamKind.TCP);

        headers.set(TunnelHeaders.PROXY_CONNECTION_UPGRADE, "control-stream");
        assertThat(StreamKind.of(headers)).isEqualTo(StreamKind.TCP);

        headers.set(TunnelHeaders.PROXY_CONNECTION_UPGRADE, "websocket");
        assertThat(StreamKind.of(headers)).isEqualTo(StreamKind.WEBSOCKET);
    }

    @Test
    void anEmptySourceMeansNothing() {
        assertThat(StreamKind.of(headers().set(TunnelHeaders.PROXY_SRC, ""))).isEqualTo(StreamKind.HTTP);
    }

    @Test
    void onlyTheFirstValueCounts() {
        Http2Headers headers = headers()
                .add(TunnelHeaders.PROXY_CONNECTION_UPGRADE, "other")
                .add(TunnelHeaders.PROXY_CONNECTION_UPGRADE, "websocket");
        assertThat(StreamKind.of(headers)).isEqualTo(StreamKind.HTTP);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONTROL", "WEBSOCKET", "CONFIGURATION", "HTTP"})
    void whatIsMarkedIsRecognised(StreamKind kind) {
        Http2Headers headers = headers();
        kind.mark(headers);
        assertThat(StreamKind.of(headers)).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "cf-int-x, true",
        "CF-Cloudflared-Response-Meta, true",
        "Cf-Proxy-A, true",
        "cf-ray, false",
        "cf, false",
        "x-cf-int-x, false"
    })
    void internalNamesAreToldInAnyCase(String name, boolean internal) {
        assertThat(TunnelHeaders.isInternal(name)).isEqualTo(internal);
    }

    @ParameterizedTest
    @EnumSource
    void metaIsReadAsWritten(ResponseMeta meta) {
        assertThat(ResponseMeta.of(meta.value())).isEqualTo(meta);
    }

    private static Http2Headers headers() {
        return new DefaultHttp2Headers().method("GET").path("/");
    }
}
