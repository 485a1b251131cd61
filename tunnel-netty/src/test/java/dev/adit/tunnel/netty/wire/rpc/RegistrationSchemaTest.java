package dev.adit.tunnel.netty.wire.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistrationSchemaTest {

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "2001:db8::7"})
    void requestsComeBackAsTheyWere(String address) throws UnknownHostException {
        RegisterConnection request = RegistrationSamples.request(InetAddress.getByName(address));
        assertThat(RegistrationSchema.registerConnection(written(RegistrationSchema.params(request))))
                .isEqualTo(request);
    }

    @Test
    void anUnknownLocalAddressIsNoError() {
        RegisterConnection request = RegistrationSamples.request(null);
        assertThat(RegistrationSchema.registerConnection(written(RegistrationSchema.params(request))))
                .isEqualTo(request);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7_500_000_000L, -1, Long.MAX_VALUE})
    void refusalsComeBackAsTheyWere(long nanos) {
        ConnectionError error = new ConnectionError("voll: später", Duration.ofNanos(nanos), true);
        assertThat(RegistrationSchema.connectionResponse(written(RegistrationSchema.results(error))))
                .isEqualTo(error);
    }

    @Test
    void waitsThatDoNotFitAreCutToTheLongest() {
        ConnectionError error = new ConnectionError("", Duration.ofSeconds(Long.MAX_VALUE), false);
        assertThat(RegistrationSchema.connectionResponse(written(RegistrationSchema.results(error))))
                .isEqualTo(new ConnectionError("", Duration.ofNanos(Long.MAX_VALUE), false));
    }

    @Test
    void secretsAreNeverShown() {
        RegisterConnection request = RegistrationSamples.request();
        byte[] secret = RegistrationSamples.SECRET.getBytes(StandardCharsets.US_ASCII);
        assertThat(request.toString() + request.auth())
                .contains("***")
                .doesNotContain(RegistrationSamples.SECRET)
                .doesNotContain(Base64.getEncoder().encodeToString(secret))
                .doesNotContain(HexFormat.of().formatHex(secret));
    }

    @Test
    void secretsAreCopied() {
        byte[] secret = {1, 2, 3};
        TunnelAuth auth = new TunnelAuth("account", secret);
        secret[0] = 9;
        auth.tunnelSecret()[1] = 9;
        assertThat(auth.tunnelSecret()).containsExactly(1, 2, 3);
        assertThat(auth)
                .isEqualTo(new TunnelAuth("account", new byte[] {1, 2, 3}))
                .isNotEqualTo(new TunnelAuth("account", new byte[] {1, 2, 4}))
                .isNotEqualTo(new TunnelAuth("other", new byte[] {1, 2, 3}));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256})
    void anIndexThatDoesNotFitIsRefused(int index) {
        RegisterConnection request = RegistrationSamples.request();
        assertThatThrownBy(() -> new RegisterConnection(request.auth(), request.tunnelId(), index, request.options()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: 0 to 255");
    }

    private static PointerReader written(RpcMessageWriter.Content content) {
        RpcMessage message = Frames.decode(ByteBufUtil.getBytes(RpcMessageWriter.results(1, content)))
                .get(0);
        return ((RpcMessage.Outcome.Results) ((RpcMessage.Return) message).outcome())
                .payload()
                .content();
    }
}
