package dev.adit.tunnel.netty.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.IpRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.OriginFailure;
import dev.adit.tunnel.OriginOptions;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Destinations that the visitor chooses: bastion and SOCKS5. */
class FreeDestinationTest {

    private static final String[] HEADERS = {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="};
    private static final IpRule HERE = IpRule.allow("127.0.0.1/32");

    private ServerSocket listener;
    private int port;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 8, InetAddress.getByName("127.0.0.1"));
        listener.setSoTimeout(20_000);
        port = listener.getLocalPort();
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    private static ProxyRig bastion(IpRule... rules) {
        return new ProxyRig(Origin.bastion(rules), OriginOptions.defaults());
    }

    private static ProxyRig.Call to(ProxyRig rig, String destination) {
        return rig.webSocket(HEADERS[0], HEADERS[1], "cf-access-jump-destination", destination);
    }

    private void nobodyCame() throws IOException {
        listener.setSoTimeout(1);
        assertThatThrownBy(listener::accept).isInstanceOf(SocketTimeoutException.class);
    }

    private static void send(ProxyRig.Call call, byte[] payload) {
        call.batch(c -> c.data(Unpooled.copiedBuffer(TcpOriginTest.frame(2, true, payload)), false));
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static String hex(ProxyRig.Call call) {
        return HexFormat.of().formatHex(call.sink.body().getBytes(StandardCharsets.ISO_8859_1));
    }

    private String connect(String addressHex) {
        return "050100" + addressHex + HexFormat.of().toHexDigits((short) port);
    }

    @Test
    void aBastionReachesWhatItsListAllows() throws Exception {
        try (ProxyRig rig = bastion(HERE)) {
            ProxyRig.Call call = to(rig, "ssh://127.0.0.1:" + port + "/ignored");
            try (Socket socket = listener.accept()) {
                call.sink.awaitHead();
                assertThat(call.sink.status()).isEqualTo(101);
                send(call, TcpOriginTest.ascii("hi"));
                assertThat(socket.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
                call.cancel();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "localhost",
                "LOCALHOST",
                "x.localhost",
                "127.1",
                "2130706433",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "0.0.0.0",
                "[::]",
                "evil.test",
                "tcp://127.0.0.1"
            })
    void aListForEverythingDoesNotOpenThisMachineWhateverItsSpelling(String host) throws Exception {
        NameResolver resolver = new NameResolver(
                name -> List.of(
                        name.equals("evil.test") ? InetAddress.getByName("127.0.0.1") : InetAddress.getByName(name)),
                System::nanoTime,
                Runnable::run);
        Origin origin = Origin.bastion(IpRule.allow("0.0.0.0/0"), IpRule.allow("::/0"));
        try (ProxyRig rig = new ProxyRig(origin, OriginOptions.defaults(), resolver)) {
            ProxyRig.Call call = to(rig, host + ":" + port);
            assertThat(call.end().failure()).isEqualTo(OriginFailure.DESTINATION_REFUSED);
            assertThat(call.sink.failure().status()).isEqualTo(403);
            nobodyCame();
        }
    }

    /** However slowly names are found that visitors choose, those of other rules are not behind them in the queue. */
    @ParameterizedTest
    @CsvSource({"true,CONNECT_TIMED_OUT", "false,"})
    void namesThatVisitorsChooseAreLookedUpApart(boolean visitorsAreStuck, @Nullable OriginFailure expected)
            throws Exception {
        NameResolver stuck = new NameResolver(name -> List.of(), System::nanoTime, task -> {});
        NameResolver quick =
                new NameResolver(name -> List.of(InetAddress.getByName("127.0.0.1")), System::nanoTime, Runnable::run);
        OriginOptions options = visitorsAreStuck
                ? OriginOptions.builder()
                        .connectTimeout(java.time.Duration.ofMillis(300))
                        .build()
                : OriginOptions.defaults();
        NameResolver rules = visitorsAreStuck ? quick : stuck;
        NameResolver visitors = visitorsAreStuck ? stuck : quick;
        try (ProxyRig rig = new ProxyRig(
                rules,
                shared -> OriginProxies.of(
                        Origin.bastion(HERE),
                        options,
                        new OriginResources(
                                shared.channel(), rules, visitors, shared.handlerExecutor(), shared.received())))) {
            ProxyRig.Call call = to(rig, "name.test:" + port);
            if (expected == null) {
                listener.accept().close();
            } else {
                assertThat(call.end().failure()).isEqualTo(expected);
            }
        }
    }

    /** The name is resolved once: what was checked is what is dialled. */
    @Test
    void theAddressThatWasCheckedIsTheOneThatIsDialled() throws Exception {
        AtomicInteger lookups = new AtomicInteger();
        NameResolver rebinding = new NameResolver(
                name -> List.of(InetAddress.getByName(lookups.incrementAndGet() == 1 ? "192.0.2.1" : "127.0.0.1")),
                System::nanoTime,
                Runnable::run);
        OriginOptions hasty = OriginOptions.builder()
                .connectTimeout(java.time.Duration.ofMillis(300))
                .build();
        try (ProxyRig rig = new ProxyRig(Origin.bastion(IpRule.allow("192.0.2.0/24")), hasty, rebinding)) {
            assertThat(to(rig, "evil.test:" + port).end().failure())
                    .isIn(OriginFailure.CONNECT_TIMED_OUT, OriginFailure.CONNECT_FAILED);
            assertThat(lookups).hasValue(1);
            nobodyCame();
        }
    }

    @Test
    void ofSeveralAddressesOnlyTheAllowedAreDialled() throws Exception {
        NameResolver both = new NameResolver(
                name -> List.of(InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1")),
                System::nanoTime,
                Runnable::run);
        try (ServerSocket forbidden = new ServerSocket(port, 8, InetAddress.getByName("127.0.0.2"));
                ProxyRig rig = new ProxyRig(Origin.bastion(HERE), OriginOptions.defaults(), both)) {
            ProxyRig.Call call = to(rig, "two.test:" + port);
            try (Socket socket = listener.accept()) {
                assertThat(socket.isConnected()).isTrue();
                call.sink.awaitHead();
                forbidden.setSoTimeout(1);
                assertThatThrownBy(forbidden::accept).isInstanceOf(SocketTimeoutException.class);
                call.cancel();
            }
        }
    }

    @Test
    void aBastionWithoutListOrDestinationReachesNothing() throws Exception {
        try (ProxyRig rig = bastion()) {
            assertThat(to(rig, "127.0.0.1:" + port).end().failure()).isEqualTo(OriginFailure.DESTINATION_REFUSED);
            assertThat(rig.webSocket(HEADERS).end().failure().status()).isEqualTo(502);
            nobodyCame();
        }
        listener.close();
        try (ProxyRig rig = bastion(HERE)) {
            assertThat(to(rig, "127.0.0.1:" + port).end().failure()).isEqualTo(OriginFailure.CONNECT_FAILED);
        }
    }

    private static ProxyRig socks(IpRule... rules) {
        return new ProxyRig(Origin.socks(rules), OriginOptions.defaults());
    }

    private static ProxyRig.Call socksCall(ProxyRig rig) throws Exception {
        ProxyRig.Call call = rig.webSocket(HEADERS);
        call.sink.awaitHead();
        return call;
    }

    @ParameterizedTest
    @ValueSource(strings = {"017f000001", "03096c6f63616c686f7374", "0400000000000000000000ffff7f000001"})
    void socksReachesWhatItsListAllows(String address) throws Exception {
        try (ProxyRig rig = socks(HERE)) {
            ProxyRig.Call call = socksCall(rig);
            send(call, hex("050100"));
            call.sink.await("method", () -> hex(call).equals("82020500"));
            // What follows the request in the same message is for the destination.
            send(call, hex(connect(address) + "6869"));
            try (Socket socket = listener.accept()) {
                assertThat(socket.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
                String bound = "820a050000017f000001" + HexFormat.of().toHexDigits((short) socket.getPort());
                call.sink.await("reply", () -> hex(call).equals("82020500" + bound));
                socket.getOutputStream().write('!');
                call.sink.await("byte", () -> hex(call).equals("82020500" + bound + "820121"));
                call.cancel();
            }
        }
    }

    @Test
    void socksMayComeOctetByOctet() throws Exception {
        try (ProxyRig rig = socks(HERE)) {
            ProxyRig.Call call = socksCall(rig);
            for (byte octet : hex("05020100" + connect("03096c6f63616c686f7374"))) {
                send(call, new byte[] {octet});
            }
            try (Socket socket = listener.accept()) {
                assertThat(socket.isConnected()).isTrue();
                call.sink.await("reply", () -> hex(call).startsWith("82020500820a0500"));
                call.cancel();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "017f000001,02", "0400000000000000000000000000000001,02", "0400000000000000000000ffff7f000001,02",
        "03096c6f63616c686f7374,02", "03093132372e302e302e31,02", "030a32313330373036343333,02"
    })
    void socksRefusesWhatIsNotAllowedWithItsCode(String address, String code) throws Exception {
        for (IpRule[] rules : new IpRule[][] {
            {}, {IpRule.allow("0.0.0.0/0"), IpRule.allow("::/0")}, {IpRule.deny("127.0.0.1/32"), HERE}
        }) {
            try (ProxyRig rig = socks(rules)) {
                ProxyRig.Call call = socksCall(rig);
                send(call, hex("050100" + connect(address)));
                call.end();
                assertThat(hex(call)).isEqualTo("82020500" + "820a05" + code + "0001000000000000" + "880203e8");
                nobodyCame();
            }
        }
    }

    @Test
    void socksTellsWhyItCannotConnect() throws Exception {
        listener.close();
        try (ProxyRig rig = socks(HERE)) {
            ProxyRig.Call call = socksCall(rig);
            send(call, hex("050100" + connect("017f000001")));
            call.end();
            assertThat(hex(call)).isEqualTo("82020500" + "820a05050001000000000000" + "880203e8");
        }
    }

    @ParameterizedTest
    @CsvSource({"050102,820205ff880203e8", "04,880203e8", "05010004,82020500880203e8"})
    void socksRefusesWhatItDoesNotSpeak(String sent, String answer) throws Exception {
        try (ProxyRig rig = socks(HERE)) {
            ProxyRig.Call call = socksCall(rig);
            send(call, hex(sent));
            call.end();
            assertThat(hex(call)).isEqualTo(answer);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "05020001" + "7f0000010016,07",
        "05030001" + "7f0000010016,07",
        "0501000900,08",
        "05010001" + "7f0000010000,04"
    })
    void socksRefusesOtherCommandsAndAddresses(String request, String code) throws Exception {
        try (ProxyRig rig = socks(HERE)) {
            ProxyRig.Call call = socksCall(rig);
            send(call, hex("050100" + request));
            call.end();
            assertThat(hex(call)).isEqualTo("82020500" + "820a05" + code + "0001000000000000" + "880203e8");
        }
    }

    @Test
    void proxyTypeSocksSpeaksSocksButKeepsToTheRulesDestination() throws Exception {
        OriginOptions options =
                OriginOptions.builder().proxyType(OriginOptions.ProxyType.SOCKS).build();
        try (ProxyRig rig = new ProxyRig(Origin.tcp("127.0.0.1", port), options)) {
            ProxyRig.Call call = rig.webSocket(HEADERS);
            try (Socket socket = listener.accept()) {
                socket.getOutputStream().write('!');
                call.sink.awaitHead();
                send(call, hex("050100" + "05010001c0000201ffff" + "6869"));
                assertThat(socket.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
                call.sink.await(
                        "reply",
                        () -> hex(call).startsWith("82020500820a05000001")
                                && hex(call).endsWith("820121"));
                call.cancel();
            }
        }
    }
}
