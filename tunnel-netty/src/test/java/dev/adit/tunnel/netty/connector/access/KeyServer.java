package dev.adit.tunnel.netty.connector.access;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/** A team's key service: HTTPS on loopback, with whatever answer a test wants. */
final class KeyServer implements AutoCloseable {

    static final String PATH = "/cdn-cgi/access/certs";

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile HttpHandler answer = exchange -> send(exchange, 500, "");

    KeyServer(X509Bundle authority, String name) throws Exception {
        CertificateBuilder leaf = new CertificateBuilder().subject("CN=keys");
        CertificateBuilder named = name.equals("127.0.0.1") ? leaf.addSanIpAddress(name) : leaf.addSanDnsName(name);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(named.buildIssuedBy(authority).toKeyManagerFactory().getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            asked.incrementAndGet();
            answer.handle(exchange);
        });
        server.start();
    }

    static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    KeyServer publish(RSAKey... keys) {
        String set = new JWKSet(List.<com.nimbusds.jose.jwk.JWK>of(keys)).toString(true);
        return answer(
                exchange -> send(exchange, exchange.getRequestURI().getPath().equals(PATH) ? 200 : 404, set));
    }

    KeyServer answer(HttpHandler handler) {
        answer = handler;
        return this;
    }

    URI uri() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + PATH);
    }

    int asked() {
        return asked.get();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
