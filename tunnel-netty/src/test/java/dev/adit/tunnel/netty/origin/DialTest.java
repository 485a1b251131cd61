package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a name to a connection. */
class DialTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final OriginOptions HASTY =
            OriginOptions.builder().connectTimeout(Duration.ofMillis(200)).build();

    private static ScriptedOrigin on(String address) throws IOException {
        return new ScriptedOrigin(InetAddress.getByName(address), ServerSocketFactory.getDefault(), peer -> {
            peer.message();
            peer.write(OK);
        });
    }

    private static NameResolver resolver(NameResolver.Lookup lookup) {
        return new NameResolver(lookup, System::nanoTime, Runnable::run);
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "127.0.0.1"})
    void localhostIsFoundOnEitherFamily(String address) throws Exception {
        assumeTrue(address.equals("127.0.0.1") || hasIpv6(), "no IPv6 loopback here");
        try (ScriptedOrigin origin = on(address)) {
            for (boolean strict : new boolean[] {false, true}) {
                OriginOptions options =
                        OriginOptions.builder().noHappyEyeballs(strict).build();
                try (ProxyRig rig = new ProxyRig(Origin.http("localhost", origin.port()), options)) {
                    assertThat(rig.get("/").end().status()).isEqualTo(200);
                }
                try (ProxyRig rig = new ProxyRig(Origin.http(address, origin.port()), options)) {
                    assertThat(rig.get("/").end().status()).isEqualTo(200);
                }
            }
        }
    }

    private static boolean hasIpv6() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void refusalNamesTheAddressesAndTheNextStep() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = closed.getLocalPort();
        }
        try (ProxyRig rig = new ProxyRig(Origin.http("localhost", port), OriginOptions.defaults())) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
            assertThat(sink.message())
                    .startsWith("Origin http://localhost:" + port)
                    .contains("127.0.0.1")
                    .endsWith(". Start the service or correct the rule's port.");
        }
    }

    @Test
    void unknownNameIs502() throws Exception {
        NameResolver nothing = resolver(host -> {
            throw new UnknownHostException(host);
        });
        try (ProxyRig rig = new ProxyRig(Origin.http("nowhere.test", 80), OriginOptions.defaults(), nothing)) {
            RecordingSink sink = rig.get("/").end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.NAME_NOT_RESOLVED);
            assertThat(sink.message()).contains("nowhere.test");
        }
    }

    @Test
    void nameThatNeverResolvesIs504() throws Exception {
        NameResolver silent = new NameResolver(host -> List.of(), System::nanoTime, task -> {});
        try (ProxyRig rig = new ProxyRig(Origin.http("slow.test", 80), HASTY, silent)) {
            RecordingSink sink = rig.start("POST", "/", false).data("abc", true).end();
            assertThat(sink.failure()).isEqualTo(OriginFailure.CONNECT_TIMED_OUT);
            assertThat(sink.consumed()).isEqualTo(3);
        }
    }

    @Test
    void nextAddressIsTriedWhenTheFirstIsDead() throws Exception {
        // 192.0.2.0/24 is for documentation (RFC 5737): refused, unreachable or silent, but never there.
        NameResolver both =
                resolver(host -> List.of(InetAddress.getByName("192.0.2.1"), InetAddress.getByName("127.0.0.1")));
        try (ScriptedOrigin origin = on("127.0.0.1");
                ProxyRig rig = new ProxyRig(Origin.http("two.test", origin.port()), OriginOptions.defaults(), both)) {
            assertThat(rig.get("/").end().status()).isEqualTo(200);
        }
    }

    @Test
    void cancelWhileDiallingIsQuiet() throws Exception {
        NameResolver silent = new NameResolver(host -> List.of(), System::nanoTime, task -> {});
        try (ProxyRig rig = new ProxyRig(Origin.http("slow.test", 80), OriginOptions.defaults(), silent)) {
            ProxyRig.Call call =
                    rig.start("POST", "/", false).data("abc", false).cancel();
            assertThat(call.sink.isEnded()).isFalse();
        }
    }

    @Test
    void familiesTakeTurns() {
        InetAddress v4 = NetUtil.LOCALHOST4;
        InetAddress v6 = NetUtil.LOCALHOST6;
        assertThat(Dial.interleaved(List.of(v4, v4, v4, v6, v6))).containsExactly(v4, v6, v4, v6, v4);
        assertThat(Dial.interleaved(List.of(v6, v4))).containsExactly(v6, v4);
    }
}
