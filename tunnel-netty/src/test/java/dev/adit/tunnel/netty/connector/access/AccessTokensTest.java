package dev.adit.tunnel.netty.connector.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.adit.tunnel.OriginFailure;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which tokens are good, and that none of the many bad ones is. */
class AccessTokensTest {

    private static final String KEY = "key-1";

    @TempDir
    static Path directory;

    private static RSAKey key;
    private static RSAKey stranger;
    private static KeyServer server;
    private static AccessRig rig;

    @BeforeAll
    static void start() throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path caPool = Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        key = new RSAKeyGenerator(2048).keyID(KEY).generate();
        stranger = new RSAKeyGenerator(2048).keyID(KEY).generate();
        server = new KeyServer(authority, "127.0.0.1").publish(key.toPublicJWK());
        rig = new AccessRig(server.uri(), caPool);
    }

    @AfterAll
    static void stop() {
        rig.close();
        server.close();
    }

    @Test
    void aTokenForOneOfTheApplicationsPasses() throws Exception {
        assertThat(rig.send(token(claims -> claims)).status()).isEqualTo(200);
        assertThat(rig.send(token(claims -> claims.audience(List.of("else", AccessRig.AUD))))
                        .status())
                .isEqualTo(200);
        assertThat(rig.send(token(claims -> claims.notBeforeTime(in(30)).issueTime(in(30))))
                        .status())
                .as("clocks differ a little")
                .isEqualTo(200);
        assertThat(rig.send(sign(header().build(), claims().build(), key)).status())
                .as("the type may be left out")
                .isEqualTo(200);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTokens")
    void isRefused(String name, String token) throws Exception {
        int before = rig.reached();
        AccessRig.Outcome outcome = rig.send(token);
        assertThat(outcome.failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        assertThat(outcome.status()).isEqualTo(403);
        assertThat(rig.reached()).isEqualTo(before);
        if (token.length() > 40) {
            assertThat(outcome.message()).doesNotContain(token.substring(token.length() - 40));
        }
    }

    @Test
    void noTokenOrTwoAreRefused() throws Exception {
        String good = token(claims -> claims);
        assertThat(rig.send().failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        assertThat(rig.send(good, good).failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
        assertThat(rig.send(good, "x").failure()).isEqualTo(OriginFailure.ACCESS_DENIED);
    }

    static Stream<Arguments> badTokens() throws Exception {
        Map<String, String> bad = new LinkedHashMap<>();
        algorithms(bad);
        headers(bad);
        claims(bad);
        shapes(bad);
        assertThat(bad).hasSizeGreaterThanOrEqualTo(60);
        return bad.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    private static void algorithms(Map<String, String> bad) throws Exception {
        String payload = claims().build().toString();
        for (String none : List.of("none", "None", "NONE", "nOnE", "", "RS256 ", "rs256")) {
            String head = "{\"alg\":\"" + none + "\",\"kid\":\"" + KEY + "\",\"typ\":\"JWT\"}";
            bad.put("alg '" + none + "', no signature", b64(head) + "." + b64(payload) + ".");
            bad.put(
                    "alg '" + none + "', somebody's signature",
                    b64(head) + "." + b64(payload) + "." + part(token(claims -> claims), 2));
        }
        byte[] der = key.toRSAPublicKey().getEncoded();
        byte[] modulus = key.getModulus().decode();
        for (JWSAlgorithm mac : List.of(JWSAlgorithm.HS256, JWSAlgorithm.HS384, JWSAlgorithm.HS512)) {
            bad.put(mac + " with the public key", sign(mac, new MACSigner(der)));
            bad.put(mac + " with the modulus", sign(mac, new MACSigner(modulus)));
        }
        for (JWSAlgorithm other : List.of(
                JWSAlgorithm.RS384, JWSAlgorithm.RS512, JWSAlgorithm.PS256, JWSAlgorithm.PS384, JWSAlgorithm.PS512)) {
            bad.put(other + " with the right key", sign(other, new RSASSASigner(key)));
        }
        bad.put("ES256", sign(JWSAlgorithm.ES256, new ECDSASigner(new ECKeyGenerator(Curve.P_256).generate())));
        bad.put("a stranger's key under the right id", sign(typed().build(), claims().build(), stranger));
    }

    private static void headers(Map<String, String> bad) throws Exception {
        JWTClaimsSet claims = claims().build();
        bad.put("unknown key id", sign(typed().keyID("key-2").build(), claims, key));
        bad.put("key id in other case", sign(typed().keyID("KEY-1").build(), claims, key));
        bad.put("key id as a path", sign(typed().keyID("../key-1").build(), claims, key));
        bad.put("empty key id", sign(typed().keyID("").build(), claims, key));
        bad.put("no key id", sign(typed().keyID(null).build(), claims, key));
        bad.put("brings its own key", sign(typed().jwk(stranger.toPublicJWK()).build(), claims, stranger));
        bad.put(
                "brings its own key under another id",
                sign(typed().keyID("mine").jwk(stranger.toPublicJWK()).build(), claims, stranger));
        bad.put(
                "says where its key is",
                sign(typed().jwkURL(URI.create("https://127.0.0.1:1/keys")).build(), claims, stranger));
        bad.put(
                "says where its certificate is",
                sign(typed().x509CertURL(URI.create("https://127.0.0.1:1/x")).build(), claims, stranger));
        bad.put(
                "critical and unknown",
                sign(typed().criticalParams(Set.of("exp")).build(), claims, key));
        bad.put(
                "critical b64",
                sign(
                        typed().base64URLEncodePayload(false)
                                .criticalParams(Set.of("b64"))
                                .build(),
                        claims,
                        key));
        bad.put(
                "an access token of OAuth",
                sign(header().type(new JOSEObjectType("at+jwt")).build(), claims, key));
        bad.put(
                "an encrypted type",
                sign(header().type(new JOSEObjectType("JWE")).build(), claims, key));
        bad.put("a header that is no JSON", b64("alg=RS256") + "." + part(token(c -> c), 1) + ".AAAA");
        bad.put("a header that is a list", b64("[1]") + "." + part(token(c -> c), 1) + ".AAAA");
        bad.put("a header that never ends", b64("[".repeat(10_000)) + "." + part(token(c -> c), 1) + ".AAAA");
    }

    private static void claims(Map<String, String> bad) throws Exception {
        bad.put("expired a second ago", token(claims -> claims.expirationTime(in(-1))));
        bad.put("expired long ago", token(claims -> claims.expirationTime(in(-31_536_000))));
        bad.put("never expires", token(claims -> claims.expirationTime(null)));
        bad.put("expires in words", token(claims -> claims.expirationTime(null).claim("exp", "never")));
        bad.put("not valid yet", token(claims -> claims.notBeforeTime(in(120))));
        bad.put("issued tomorrow", token(claims -> claims.issueTime(in(86_400))));
        for (String issuer : List.of(
                "https://other.cloudflareaccess.com",
                "https://team.cloudflareaccess.com/",
                "http://team.cloudflareaccess.com",
                "HTTPS://TEAM.CLOUDFLAREACCESS.COM",
                "https://team.fed.cloudflareaccess.com",
                "https://team.cloudflareaccess.com.evil.test",
                "https://team.cloudflareaccess.com@evil.test",
                "team",
                "")) {
            bad.put("issuer '" + issuer + "'", token(claims -> claims.issuer(issuer)));
        }
        bad.put("no issuer", token(claims -> claims.issuer(null)));
        bad.put("issuers in a list", token(claims -> claims.claim("iss", List.of(AccessRig.ISSUER))));
        bad.put("another application", token(claims -> claims.audience("b2c3d4")));
        bad.put("an application that begins alike", token(claims -> claims.audience(AccessRig.AUD + "d4")));
        bad.put("an application in other case", token(claims -> claims.audience("A1B2C3")));
        bad.put("applications in one text", token(claims -> claims.audience("other," + AccessRig.AUD)));
        bad.put("no application", token(claims -> claims.audience((String) null)));
        bad.put("no applications", token(claims -> claims.audience(List.of())));
        bad.put("claims that are no JSON", signed("not json"));
        bad.put("claims that are a list", signed("[1,2]"));
        bad.put("claims that never end", signed("{\"a\":".repeat(1_000)));
        bad.put("claims without end quote", signed("{\"iss\":\"" + AccessRig.ISSUER));
    }

    private static void shapes(Map<String, String> bad) throws Exception {
        String good = token(claims -> claims);
        String head = part(good, 0);
        String payload = part(good, 1);
        String signature = part(good, 2);
        String other = token(claims -> claims.subject("admin"));
        bad.put("empty", "");
        bad.put("points", "..");
        bad.put("a word", "token");
        bad.put("without signature", head + "." + payload);
        bad.put("with an empty signature", head + "." + payload + ".");
        bad.put("with a cut signature", good.substring(0, good.length() - 8));
        bad.put("with a changed signature", head + "." + payload + "." + flip(signature));
        bad.put("with a longer signature", good + "AAAA");
        bad.put("with a character between", head + "." + payload + ".!" + signature);
        bad.put("with padding", good + "==");
        bad.put("with space before", " " + good);
        bad.put("with space after", good + " ");
        bad.put("with a scheme", "Bearer " + good);
        bad.put("four parts", good + ".AAAA");
        bad.put("five parts, as encrypted", head + ".." + payload + "." + signature + ".AAAA");
        bad.put("other claims under this signature", head + "." + part(other, 1) + "." + signature);
        bad.put("two joined by a comma", good + "," + good);
        bad.put(
                "several signatures",
                "{\"payload\":\"" + payload + "\",\"signatures\":[{\"protected\":\"" + head + "\",\"signature\":\""
                        + signature + "\"},{\"protected\":\"" + head + "\",\"signature\":\"" + signature + "\"}]}");
        bad.put(
                "flattened",
                "{\"payload\":\"" + payload + "\",\"protected\":\"" + head + "\",\"signature\":\"" + signature + "\"}");
        bad.put("huge", token(claims -> claims.claim("groups", "x".repeat(16 * 1024))));
        bad.put("not ASCII", good.replace('e', '\u00e9'));
    }

    private static String flip(String signature) {
        char first = signature.charAt(0);
        return (first == 'A' ? 'B' : 'A') + signature.substring(1);
    }

    private static String part(String token, int index) {
        return token.split("\\.", -1)[index];
    }

    private static String b64(String text) {
        return Base64URL.encode(text).toString();
    }

    private static Date in(long seconds) {
        return Date.from(Instant.now().plus(Duration.ofSeconds(seconds)));
    }

    private static JWSHeader.Builder header() {
        return new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(KEY);
    }

    private static JWSHeader.Builder typed() {
        return header().type(JOSEObjectType.JWT);
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(AccessRig.ISSUER)
                .audience(AccessRig.AUD)
                .issueTime(in(-10))
                .notBeforeTime(in(-10))
                .expirationTime(in(600));
    }

    private static String token(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
        return sign(typed().build(), change.apply(claims()).build(), key);
    }

    private static String signed(String payload) throws Exception {
        return sign(typed().build(), new Payload(payload), new RSASSASigner(key));
    }

    private static String sign(JWSHeader header, JWTClaimsSet claims, RSAKey by) throws Exception {
        return sign(header, claims.toPayload(), new RSASSASigner(by));
    }

    private static String sign(JWSAlgorithm algorithm, JWSSigner signer) throws Exception {
        return sign(
                new JWSHeader.Builder(algorithm)
                        .keyID(KEY)
                        .type(JOSEObjectType.JWT)
                        .build(),
                claims().build().toPayload(),
                signer);
    }

    private static String sign(JWSHeader header, Payload payload, JWSSigner signer) throws Exception {
        JWSObject object = new JWSObject(header, payload);
        object.sign(signer);
        return object.serialize();
    }
}
