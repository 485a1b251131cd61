package dev.adit.tunnel.netty.origin;

import dev.adit.tunnel.HeaderFields;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginExchange;
import dev.adit.tunnel.OriginOptions;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** The same behaviour as an origin of every kind: a story of steps, told to a thread of its own for each request. */
final class TestOrigin implements AutoCloseable {

    static final long PATIENCE_SECONDS = 60;

    private final Origin origin;
    private final OriginOptions options;
    private final AutoCloseable server;

    private TestOrigin(Origin origin, OriginOptions options, AutoCloseable server) {
        this.origin = origin;
        this.options = options;
        this.server = server;
    }

    enum Kind {
        HTTP,
        HTTPS,
        H2C,
        HTTP2,
        HANDLER
    }

    /** One request as an origin of any kind sees it, and what it can do. */
    interface Exchange {
        /** Sends an interim response; with 100 a handler does so by reading, and needs no call. */
        void inform(int status, String name, String value) throws Exception;

        /** Begins a 200 without a length. */
        void head(String contentType) throws Exception;

        void data(String text) throws Exception;

        void end() throws Exception;

        /** Reads the whole body. */
        String body() throws Exception;
    }

    /** What an origin does with a request. */
    interface Story {
        void tell(Exchange exchange) throws Exception;
    }

    static TestOrigin of(Kind kind, Path directory, Story story) throws Exception {
        return switch (kind) {
            case HTTP -> http1(new ScriptedOrigin(peer -> story.tell(new Http1(peer))), "http", null);
            case HANDLER ->
                new TestOrigin(
                        Origin.handler(exchange -> story.tell(new Handled(exchange))),
                        OriginOptions.defaults(),
                        () -> {});
            case H2C -> {
                ScriptedHttp2Origin server = new ScriptedHttp2Origin(frames(story));
                yield new TestOrigin(Origin.h2c("127.0.0.1", server.port()), OriginOptions.defaults(), server);
            }
            case HTTPS, HTTP2 -> withTls(kind, directory, story);
        };
    }

    private static TestOrigin http1(ScriptedOrigin server, String scheme, Path caPool) {
        OriginOptions options = caPool == null
                ? OriginOptions.defaults()
                : OriginOptions.builder().caPool(caPool).build();
        Origin origin = scheme.equals("http")
                ? Origin.http("127.0.0.1", server.port())
                : Origin.https("localhost", server.port());
        return new TestOrigin(origin, options, server);
    }

    private static TestOrigin withTls(Kind kind, Path directory, Story story) throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        X509Bundle certificate = new CertificateBuilder()
                .subject("CN=leaf")
                .addSanDnsName("localhost")
                .buildIssuedBy(authority);
        if (kind == Kind.HTTPS) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
            return http1(
                    new ScriptedOrigin(
                            InetAddress.getByName("127.0.0.1"),
                            context.getServerSocketFactory(),
                            peer -> story.tell(new Http1(peer))),
                    "https",
                    caPool);
        }
        ScriptedHttp2Origin server = new ScriptedHttp2Origin(
                new Http2Settings(),
                SslContextBuilder.forServer(certificate.toKeyManagerFactory())
                        .applicationProtocolConfig(new ApplicationProtocolConfig(
                                ApplicationProtocolConfig.Protocol.ALPN,
                                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                                ApplicationProtocolNames.HTTP_2))
                        .build(),
                frames(story));
        return new TestOrigin(
                Origin.https("localhost", server.port()),
                OriginOptions.builder().http2Origin(true).caPool(caPool).build(),
                server);
    }

    Origin origin() {
        return origin;
    }

    OriginOptions options() {
        return options;
    }

    @Override
    public void close() throws Exception {
        server.close();
    }

    /** For one request on one connection at a time. */
    private static ScriptedHttp2Origin.Script frames(Story story) {
        CompletableFuture<String> body = new CompletableFuture<>();
        StringBuilder received = new StringBuilder();
        return frame -> {
            received.append(frame.text);
            if (frame.end) {
                body.complete(received.toString());
            }
            if (frame.isRequest()) {
                Thread thread = new Thread(
                        () -> {
                            try {
                                story.tell(new Http2(frame, body));
                            } catch (Exception e) {
                                frame.connectionLoop(frame::close);
                            }
                        },
                        "test-origin");
                thread.setDaemon(true);
                thread.start();
            }
        };
    }

    private record Http1(ScriptedOrigin.Peer peer, String head) implements Exchange {

        Http1(ScriptedOrigin.Peer peer) throws Exception {
            this(peer, peer.head());
        }

        @Override
        public void inform(int status, String name, String value) throws Exception {
            peer.write("HTTP/1.1 " + status + " Interim\r\n" + name + ": " + value + "\r\n\r\n");
        }

        @Override
        public void head(String contentType) throws Exception {
            peer.write("HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n");
        }

        @Override
        public void data(String text) throws Exception {
            peer.write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
        }

        @Override
        public void end() throws Exception {
            peer.write("0\r\n\r\n");
        }

        @Override
        public String body() throws Exception {
            int from = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ") + 16;
            return peer.read(Integer.parseInt(head.substring(from, head.indexOf('\r', from))));
        }
    }

    private record Http2(ScriptedHttp2Origin.Frame frame, CompletableFuture<String> received) implements Exchange {

        @Override
        public void inform(int status, String name, String value) {
            frame.connectionLoop(() -> frame.head(
                    false, ":status", Integer.toString(status), name.toLowerCase(java.util.Locale.ROOT), value));
        }

        @Override
        public void head(String contentType) {
            frame.connectionLoop(() -> frame.head(false, ":status", "200", "content-type", contentType));
        }

        @Override
        public void data(String text) {
            frame.connectionLoop(() -> frame.data(text, false));
        }

        @Override
        public void end() {
            frame.connectionLoop(() -> frame.data("", true));
        }

        @Override
        public String body() throws Exception {
            return received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static final class Handled implements Exchange {

        private final OriginExchange exchange;
        private final List<OutputStream> out = new ArrayList<>();

        Handled(OriginExchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void inform(int status, String name, String value) throws Exception {
            if (status != 100) {
                exchange.inform(status, HeaderFields.of(name, value));
            }
        }

        @Override
        public void head(String contentType) throws Exception {
            out.add(exchange.respond(200, HeaderFields.of("Content-Type", contentType)));
        }

        @Override
        public void data(String text) throws Exception {
            out.get(0).write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.get(0).flush();
        }

        @Override
        public void end() throws Exception {
            out.get(0).close();
        }

        @Override
        public String body() throws Exception {
            return new String(exchange.body().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
