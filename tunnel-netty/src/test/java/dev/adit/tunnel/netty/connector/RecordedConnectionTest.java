package dev.adit.tunnel.netty.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.netty.connector.register.ControlStream;
import dev.adit.tunnel.netty.wire.StreamKind;
import dev.adit.tunnel.netty.wire.http2.ConnectionOwner;
import dev.adit.tunnel.netty.wire.http2.ReceiveBudget;
import dev.adit.tunnel.netty.wire.http2.StreamReceiver;
import dev.adit.tunnel.netty.wire.http2.TunnelHttp2;
import dev.adit.tunnel.netty.wire.http2.TunnelStream;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionOptions;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationServer;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The decrypted bytes of a whole connection between a genuine connector and its edge, replayed against each of our ends. */
class RecordedConnectionTest {

    private static final TunnelCredentials CREDENTIALS = TunnelCredentials.of(
            "0123456789abcdef0123456789abcdef",
            UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"),
            "0123456789abcdefghijklmnopqrstuv".getBytes(StandardCharsets.US_ASCII));

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 9, 4096})
    void ourConnectorTakesWhatTheRecordedEdgeSent(int chunk) throws IOException {
        List<String> happened = new ArrayList<>();
        ConnectionOwner owner = new ConnectionOwner() {
            @Override
            public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
                happened.add(StreamKind.of(headers) + " " + stream.id() + " " + endStream);
                ControlStream control = new ControlStream(stream, reason -> happened.add("lost"));
                control.register(CREDENTIALS, 0, options(), Duration.ofSeconds(5))
                        .whenComplete((details, failure) -> {
                            happened.add(details == null ? failure.toString() : describe(details));
                            control.reportConfiguration("{}".getBytes(StandardCharsets.UTF_8), Duration.ofSeconds(5))
                                    .whenComplete((done, e) -> {
                                        happened.add("reported");
                                        control.unregister(Duration.ofSeconds(5))
                                                .whenComplete((left, x) -> {
                                                    happened.add("unregistered");
                                                    control.end();
                                                });
                                    });
                        });
                return control;
            }

            @Override
            public void onReady() {
                happened.add("ready");
            }

            @Override
            public void onGoAway(int lastStreamId, long errorCode) {
                happened.add("goaway " + errorCode);
            }

            @Override
            public void onClosed(@Nullable Throwable cause) {
                happened.add("closed " + cause);
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(TunnelHttp2.connector(owner, new ReceiveBudget(1 << 20)));
        byte[] sentFirst = written(channel);
        feed(channel, recorded("edge-to-connector"), chunk);
        channel.finishAndReleaseAll();

        assertThat(happened)
                .containsExactly(
                        "ready",
                        "CONTROL 1 false",
                        "tst01 false",
                        "reported",
                        "unregistered",
                        "goaway 0",
                        "closed null");
        // SETTINGS comes first and does not wait for the preface; no ENABLE_PUSH (id 2) in the server role.
        assertThat(HexFormat.of().formatHex(sentFirst)).matches("0000..04000000000000(?:(?!0002).{4}.{8})+.*");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 9, 4096})
    void ourEdgeTakesWhatTheRecordedConnectorSent(int chunk) throws IOException {
        List<String> happened = new ArrayList<>();
        CompletableFuture<ConnectionResponse> answer = CompletableFuture.completedFuture(
                new ConnectionDetails(UUID.fromString("ed99bb7c-728e-28cc-bb48-541be7b440d8"), "lis01", false));
        RegistrationService service = new RegistrationService() {
            @Override
            public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
                happened.add("register " + request.tunnelId() + " " + request.connIndex());
                assertThat(request.auth().accountTag()).isEqualTo(CREDENTIALS.accountTag());
                assertThat(request.auth().tunnelSecret()).isEqualTo(CREDENTIALS.secret());
                return answer;
            }

            @Override
            public CompletionStage<Void> updateLocalConfiguration(byte[] configuration) {
                happened.add("configuration " + new String(configuration, StandardCharsets.UTF_8).contains("ingress"));
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public CompletionStage<Void> unregisterConnection() {
                happened.add("unregister");
                return CompletableFuture.completedFuture(null);
            }
        };
        TunnelHttp2 http2 = TunnelHttp2.edge(new QuietOwner(), new ReceiveBudget(1 << 20));
        EmbeddedChannel channel = new EmbeddedChannel(http2);
        EdgeSide edge = new EdgeSide(happened);
        Http2Headers head = new DefaultHttp2Headers()
                .method("GET")
                .path("/")
                .scheme("https")
                .authority("edge.test");
        StreamKind.CONTROL.mark(head);
        TunnelStream stream = http2.open(head, false, edge);
        assertThat(stream).isNotNull();
        assertThat(stream.id()).isEqualTo(1);
        edge.serve(stream, new RegistrationServer(service, Runnable::run, out -> stream.writeData(out, false)));

        feed(channel, recorded("connector-to-edge"), chunk);
        channel.finishAndReleaseAll();

        assertThat(happened)
                .containsExactly(
                        "200",
                        "register " + CREDENTIALS.tunnelId() + " 0",
                        "configuration true",
                        "unregister",
                        "end",
                        "reset 0"); // RST_STREAM(NO_ERROR): the genuine connector wants no more of a request it has
        // answered.
    }

    @ParameterizedTest
    @CsvSource({"connector, connector-to-edge, 3", "edge, edge-to-connector, 5"})
    void theFirstFramesAreThoseOfTheRecording(String end, String direction, int atLeast) throws IOException {
        String bytes = HexFormat.of().formatHex(recorded(direction));
        Matcher frame = Pattern.compile("\"at\": (\\d+),.*?\"hex\": \"([0-9a-f]+)\"", Pattern.DOTALL)
                .matcher(text("/vectors/http2/" + end + "-first-frames.json"));
        int frames = 0;
        while (frame.find()) {
            int at = Integer.parseInt(frame.group(1)) * 2;
            assertThat(bytes.substring(at)).startsWith(frame.group(2));
            frames++;
        }
        assertThat(frames).isGreaterThanOrEqualTo(atLeast);
    }

    /** The edge's end of the control stream, bare. */
    private static final class EdgeSide implements StreamReceiver {
        private final List<String> happened;
        private @Nullable TunnelStream stream;
        private @Nullable RegistrationServer rpc;

        EdgeSide(List<String> happened) {
            this.happened = happened;
        }

        void serve(TunnelStream control, RegistrationServer server) {
            stream = control;
            rpc = server;
        }

        @Override
        public void onHeaders(Http2Headers headers, boolean endStream) {
            happened.add(headers.status().toString());
        }

        @Override
        public void onData(ByteBuf data, boolean endStream) {
            int bytes = data.readableBytes();
            rpc.receive(data);
            data.release();
            stream.consumed(bytes);
            if (endStream) {
                happened.add("end");
            }
        }

        @Override
        public void onWritabilityChanged() {}

        @Override
        public void onReset(long errorCode) {
            if (errorCode != TunnelStream.CONNECTION_LOST) {
                happened.add("reset " + errorCode);
            }
        }
    }

    private static final class QuietOwner implements ConnectionOwner {
        @Override
        public StreamReceiver onStream(TunnelStream stream, Http2Headers headers, boolean endStream) {
            throw new AssertionError("A connector opens no streams");
        }

        @Override
        public void onClosed(@Nullable Throwable cause) {}
    }

    private static ConnectionOptions options() {
        return new ConnectionOptions(
                UUID.randomUUID(), List.of("serialized_headers"), "test", "test", null, false, 0, 0);
    }

    private static String describe(ConnectionDetails details) {
        return details.locationName() + " " + details.remotelyManaged();
    }

    private static void feed(EmbeddedChannel channel, byte[] bytes, int chunk) {
        for (int at = 0; at < bytes.length; at += chunk) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(chunk, bytes.length - at)));
            channel.runPendingTasks();
        }
    }

    private static byte[] written(EmbeddedChannel channel) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes).release();
        return bytes;
    }

    private static byte[] recorded(String direction) throws IOException {
        return HexFormat.of()
                .parseHex(text("/vectors/http2/" + direction + ".hex").replaceAll("\\s", ""));
    }

    private static String text(String resource) throws IOException {
        try (InputStream in = RecordedConnectionTest.class.getResourceAsStream(resource)) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
