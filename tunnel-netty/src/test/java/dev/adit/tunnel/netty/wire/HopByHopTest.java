package dev.adit.tunnel.netty.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;

class HopByHopTest {

    @Test
    void removesTheListAndWhatConnectionNames() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("Connection", "close, X-Own")
                .add("connection", "x-second")
                .add("Keep-Alive", "timeout=5")
                .add("TE", "trailers")
                .add("Trailer", "x")
                .add("Transfer-Encoding", "chunked")
                .add("Upgrade", "h2c")
                .add("Proxy-Connection", "close")
                .add("X-Own", "1")
                .add("X-Second", "2")
                .add("X-Stays", "3");

        HopByHop.strip(headers);

        assertThat(headers.names()).containsExactly("X-Stays");
    }

    @Test
    void cannotBeUsedToRemoveWhatMattersEndToEnd() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("Connection", "CF-Connecting-IP, Content-Length, x-forwarded-for, Authorization")
                .add("CF-Connecting-IP", "203.0.113.9")
                .add("Content-Length", "1")
                .add("X-Forwarded-For", "203.0.113.9")
                .add("Authorization", "Basic x");

        HopByHop.strip(headers);

        assertThat(headers.names())
                .containsExactlyInAnyOrder("CF-Connecting-IP", "Content-Length", "X-Forwarded-For", "Authorization");
    }
}
