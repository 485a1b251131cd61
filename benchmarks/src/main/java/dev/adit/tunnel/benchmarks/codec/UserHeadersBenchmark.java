package dev.adit.tunnel.benchmarks.codec;

import dev.adit.tunnel.netty.wire.MalformedHeadersException;
import dev.adit.tunnel.netty.wire.UserHeaders;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One response's headers into the tunnel (connector) and out of it (edge). The headers to encode are what Netty's decoder
 * makes of a response, so that names and values have the types that they have when an HTTP origin answers.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class UserHeadersBenchmark {

    private static final List<String> TYPICAL = List.of(
            "Server: nginx/1.26.2",
            "Date: Mon, 02 Nov 2026 10:00:00 GMT",
            "Content-Type: text/html; charset=utf-8",
            "Content-Length: 5120",
            "Last-Modified: Sun, 01 Nov 2026 08:30:00 GMT",
            "ETag: \"6724a0f8-1400\"",
            "Cache-Control: public, max-age=300",
            "Vary: Accept-Encoding",
            "X-Content-Type-Options: nosniff",
            "Strict-Transport-Security: max-age=31536000; includeSubDomains",
            "Set-Cookie: session=8f14e45fceea167a5a36dedd4bea2543; Path=/; HttpOnly; SameSite=Lax",
            "Accept-Ranges: bytes");

    private static final int MAX_HEAD_OCTETS = 1024 * 1024;

    /** How many fields: 12 are a typical response, 200 (about 20 kB) one with far too many cookies. */
    @Param({"12", "200"})
    public int fields;

    private HttpHeaders plain = headers(12);
    private AsciiString serialised = AsciiString.EMPTY_STRING;

    /**
     * Prepares both forms.
     *
     * @throws MalformedHeadersException never, with these headers
     */
    @Setup
    public void prepare() throws MalformedHeadersException {
        plain = headers(fields);
        serialised = UserHeaders.encode(plain);
    }

    /**
     * What the connector does for each response.
     *
     * @return the serialised headers
     * @throws MalformedHeadersException never, with these headers
     */
    @Benchmark
    public AsciiString encode() throws MalformedHeadersException {
        return UserHeaders.encode(plain);
    }

    /**
     * What the edge does for each response.
     *
     * @return the headers
     * @throws MalformedHeadersException never, with these headers
     */
    @Benchmark
    public HttpHeaders decode() throws MalformedHeadersException {
        return UserHeaders.decode(serialised);
    }

    private static HttpHeaders headers(int fields) {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < fields; i++) {
            head.append(
                    i < TYPICAL.size()
                            ? TYPICAL.get(i)
                            : "Set-Cookie: preference-" + i + "=" + "0123456789abcdef".repeat(4) + "; Path=/; Secure");
            head.append("\r\n");
        }
        head.append("\r\n");
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpResponseDecoder(4096, MAX_HEAD_OCTETS, 8192));
        try {
            decoder.writeInbound(Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1));
            HttpResponse response = Objects.requireNonNull(decoder.readInbound());
            return response.headers();
        } finally {
            decoder.finishAndReleaseAll();
        }
    }
}
