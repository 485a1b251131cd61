package dev.adit.tunnel.netty.connector.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpHandler;
import dev.adit.tunnel.OriginFailure;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a team's keys are fetched, kept and renewed, and what happens while they cannot be had. */
class AccessKeysTest {

    private static final Duration SHORT = Duration.ofMillis(300);

    @TempDir
    static Path directory;

    private static X509Bundle authority;
    private static Path caPool;
    private static RSAKey first;
    private static RSAKey second;

    private KeyServer server;
    private AccessRig rig;

    @BeforeAll
    static void makeKeys() throws Exception {
        authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        first = new RSAKeyGenerator(2048).keyID("first").generate();
        second = new RSAKeyGenerator(2048).keyID("second").generate();
    }

    @BeforeEach
    void start() throws Exception {
        server = new KeyServer(authority, "127.0.0.1").publish(first.toPublicJWK());
        rig = new AccessRig(server.uri(), caPool);
    }

    @AfterEach
    void stop() {
        rig.close();
        server.close();
    }

    @Test
    void manyRequestsAtOnceWaitForOneFetch() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        String set = new JWKSet(first.toPublicJWK()).toString(true);
        server.answer(exchange -> {
            asked.countDown();
            await(release);
            KeyServer.send(exchange, 200, set);
        });
        List<CompletableFuture<AccessRig.Outcome>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(rig.begin(token(first)));
        }
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        release.countDown();
        for (CompletableFuture<AccessRig.Outcome> outcome : waiting) {
            assertThat(outcome.get(20, TimeUnit.SECONDS).status()).isEqualTo(200);
        }
        assertThat(server.asked()).isEqualTo(1);
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        assertThat(server.asked()).isEqualTo(1);
    }

    @Test
    void anUnknownKeyIdLeadsToOneFetchInHalfAMinute() throws Exception {
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        for (int i = 0; i < 20; i++) {
            assertThat(rig.send(token(second)).failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        }
        assertThat(server.asked()).isEqualTo(1);
        rig.pass(Duration.ofSeconds(31));
        for (int i = 0; i < 20; i++) {
            assertThat(rig.send(token(second)).failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        }
        assertThat(server.asked()).isEqualTo(2);
    }

    @Test
    void aNewKeyIsFoundAndARemovedOneForgotten() throws Exception {
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        server.publish(second.toPublicJWK());
        rig.pass(Duration.ofSeconds(31));
        assertThat(rig.send(token(second)).status()).isEqualTo(200);
        assertThat(rig.send(token(first)).failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
    }

    @Test
    void oldKeysAreRenewedBesideTheRequests() throws Exception {
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        CountDownLatch renewed = new CountDownLatch(1);
        server.answer(exchange -> {
            KeyServer.send(exchange, 200, new JWKSet(second.toPublicJWK()).toString(true));
            renewed.countDown();
        });
        rig.pass(Duration.ofMinutes(61));
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        assertThat(renewed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(rig.send(token(second)).status())
                .as("joins the fetch, or follows it")
                .isEqualTo(200);
        assertThat(rig.send(token(first)).failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        assertThat(server.asked()).isEqualTo(2);
    }

    @Test
    void keysStayInUseWhileTheServiceIsDown() throws Exception {
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        server.answer(exchange -> KeyServer.send(exchange, 500, ""));
        rig.pass(Duration.ofHours(3));
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
        assertThat(rig.send(token(second)).failure()).isEqualTo(OriginFailure.ACCESS_KEYS_UNAVAILABLE);
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
    }

    @Test
    void aServiceThatComesBackIsAskedAgain() throws Exception {
        server.answer(exchange -> KeyServer.send(exchange, 503, ""));
        assertThat(rig.send(token(first)).failure()).isEqualTo(OriginFailure.ACCESS_KEYS_UNAVAILABLE);
        server.publish(first.toPublicJWK());
        assertThat(rig.send(token(first)).status()).as("not at once").isEqualTo(503);
        rig.pass(Duration.ofSeconds(6));
        assertThat(rig.send(token(first)).status()).isEqualTo(200);
    }

    @Nested
    class WhileTheKeysAreFetched {

        private final CountDownLatch release = new CountDownLatch(1);

        @BeforeEach
        void hold() {
            String set = new JWKSet(first.toPublicJWK()).toString(true);
            server.answer(exchange -> {
                await(release);
                KeyServer.send(exchange, 200, set);
            });
        }

        @AfterEach
        void letGo() {
            release.countDown();
        }

        @Test
        void theBodyIsHeldAndThenGivenInOrder() throws Exception {
            AccessRig.Request request = rig.new Request(false, token(first));
            request.data("one,", false);
            request.data("two", true);
            assertThat(rig.reached()).isZero();
            release.countDown();
            assertThat(request.outcome.get(20, TimeUnit.SECONDS).body()).isEqualTo("one,two");
        }

        @Test
        void trailersAreHeldToo() throws Exception {
            AccessRig.Request request = rig.new Request(false, token(first));
            request.data("one,", false);
            request.trailers("sum", "1");
            release.countDown();
            assertThat(request.outcome.get(20, TimeUnit.SECONDS).body()).isEqualTo("one,1");
        }

        @Test
        void aVisitorWhoLeavesIsForgotten() throws Exception {
            AccessRig.Request request = rig.new Request(false, token(first));
            request.data("held", false);
            request.cancel();
            assertThat(request.consumed.get()).isEqualTo(4);
            release.countDown();
            assertThat(rig.send(token(first)).status()).isEqualTo(200);
            assertThat(rig.reached()).isEqualTo(1);
            assertThat(request.outcome).isNotDone();
        }

        @Test
        void theBodyOfARefusedRequestIsDropped() throws Exception {
            AccessRig.Request request = rig.new Request(false, token(second));
            request.data("held", false);
            release.countDown();
            assertThat(request.outcome.get(20, TimeUnit.SECONDS).status()).isEqualTo(403);
            request.data("late", true);
            request.cancel();
            assertThat(request.consumed.get()).isEqualTo(8);
            assertThat(rig.reached()).isZero();
        }
    }

    @Nested
    class KeysThatCannotBeHad {

        @Test
        void refused() throws Exception {
            int port;
            try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                port = closed.getLocalPort();
            }
            unavailable(URI.create("https://127.0.0.1:" + port + KeyServer.PATH), SHORT, "127.0.0.1:" + port);
        }

        @Test
        void silent() throws Exception {
            CountDownLatch end = new CountDownLatch(1);
            answered(exchange -> await(end), SHORT, "300 ms");
            end.countDown();
        }

        @Test
        void dripping() throws Exception {
            CountDownLatch end = new CountDownLatch(1);
            answered(
                    exchange -> {
                        exchange.sendResponseHeaders(200, 1000);
                        exchange.getResponseBody().write('{');
                        exchange.getResponseBody().flush();
                        await(end);
                    },
                    SHORT,
                    "no whole answer within 300 ms");
            end.countDown();
        }

        @Test
        void anError() throws Exception {
            answered(exchange -> KeyServer.send(exchange, 404, "{}"), Duration.ofSeconds(10), "answered 404");
        }

        @Test
        void elsewhere() throws Exception {
            answered(
                    exchange -> {
                        exchange.getResponseHeaders().add("Location", "/other");
                        KeyServer.send(exchange, 302, "");
                    },
                    Duration.ofSeconds(10),
                    "answered 302");
            assertThat(server.asked()).isEqualTo(1);
        }

        @Test
        void notJson() throws Exception {
            answered(exchange -> KeyServer.send(exchange, 200, "<html>"), Duration.ofSeconds(10), "no key set");
        }

        @Test
        void noKeys() throws Exception {
            answered(
                    exchange -> KeyServer.send(
                            exchange, 200, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"first\",\"k\":\"AAAA\"}]}"),
                    Duration.ofSeconds(10),
                    "no RSA signing key");
        }

        @Test
        void tooMuch() throws Exception {
            answered(
                    exchange -> {
                        exchange.sendResponseHeaders(200, 0);
                        byte[] blanks = new byte[64 * 1024];
                        try {
                            while (true) {
                                exchange.getResponseBody().write(blanks);
                            }
                        } catch (java.io.IOException closed) {
                            exchange.close();
                        }
                    },
                    Duration.ofSeconds(10),
                    "longer than");
        }

        @Test
        void fromSomebodyElse() throws Exception {
            X509Bundle forged = new CertificateBuilder()
                    .subject("CN=Test authority")
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
            try (KeyServer other = new KeyServer(forged, "127.0.0.1").publish(first.toPublicJWK())) {
                unavailable(other.uri(), Duration.ofSeconds(10), "certificate");
                assertThat(other.asked()).isZero();
            }
        }

        @Test
        void underAnotherName() throws Exception {
            try (KeyServer other = new KeyServer(authority, "keys.test").publish(first.toPublicJWK())) {
                unavailable(other.uri(), Duration.ofSeconds(10), "certificate");
                assertThat(other.asked()).isZero();
            }
        }

        private void answered(HttpHandler answer, Duration limit, String reason) throws Exception {
            server.answer(answer);
            unavailable(server.uri(), limit, reason);
        }

        private static void unavailable(URI uri, Duration limit, String reason) throws Exception {
            try (AccessRig other = new AccessRig(uri, caPool, limit)) {
                AccessRig.Outcome outcome = other.send(token(first));
                assertThat(outcome.failure()).isEqualTo(OriginFailure.ACCESS_KEYS_UNAVAILABLE);
                assertThat(outcome.status()).isEqualTo(503);
                assertThat(outcome.message()).contains(reason).contains(uri.toString());
                assertThat(other.reached()).isZero();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String token(RSAKey key) throws Exception {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
                new JWTClaimsSet.Builder()
                        .issuer(AccessRig.ISSUER)
                        .audience(AccessRig.AUD)
                        .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .build());
        jwt.sign(new RSASSASigner(key));
        return jwt.serialize();
    }
}
