package dev.adit.tunnel.netty.connector.dial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.EdgeIpVersion;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.netty.connector.dial.EdgeAddresses.Failure;
import dev.adit.tunnel.netty.transport.NameResolver;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Which connection dials which address, with names and time made by the test. */
class EdgeAddressesTest {

    private static final EventLoop LOOP = new DefaultEventLoop();

    private final Random random = new Random(5);
    private final Map<String, List<String>> names = new HashMap<>();
    private long now;

    @AfterAll
    static void endTheLoop() {
        LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void connectionsAreOnDistinctAddressesWhereThereAreEnough() throws Exception {
        names.put("edge.test", List.of("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"));
        for (int round = 0; round < 20; round++) {
            EdgeAddresses book = book("edge.test");
            assertThat(new HashSet<>(List.of(take(book, 0), take(book, 1), take(book, 2), take(book, 3))))
                    .hasSize(4);
        }
    }

    @Test
    void fewerAddressesAreSharedEvenly() throws Exception {
        EdgeAddresses book = book("192.0.2.1", "192.0.2.2");
        List<String> taken = new ArrayList<>();
        for (int index = 0; index < 4; index++) {
            taken.add(take(book, index));
        }
        assertThat(taken).containsExactlyInAnyOrder("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2");
    }

    @Test
    void bothRegionsAreUsedAlike() throws Exception {
        names.put("one.test", List.of("192.0.2.1", "192.0.2.2", "192.0.2.3"));
        names.put("two.test", List.of("198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"));
        for (int round = 0; round < 20; round++) {
            EdgeAddresses book = book("one.test", "two.test");
            List<String> taken = List.of(take(book, 0), take(book, 1), take(book, 2), take(book, 3));
            assertThat(taken.stream().filter(ip -> ip.startsWith("192."))).hasSize(2);
        }
    }

    @Test
    void evenAndOddEdgesAreTheTwoRegions() throws Exception {
        Set<Set<String>> pairs = new HashSet<>();
        for (int round = 0; round < 200; round++) {
            EdgeAddresses book = book("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4");
            pairs.add(Set.of(take(book, 0), take(book, 1)));
        }
        assertThat(pairs)
                .containsExactlyInAnyOrder(
                        Set.of("192.0.2.1", "192.0.2.2"),
                        Set.of("192.0.2.1", "192.0.2.4"),
                        Set.of("192.0.2.3", "192.0.2.2"),
                        Set.of("192.0.2.3", "192.0.2.4"));
    }

    @Test
    void anIndexKeepsItsAddressUntilThatFails() throws Exception {
        names.put("edge.test", List.of("192.0.2.1", "192.0.2.2", "192.0.2.3"));
        EdgeAddresses book = book("edge.test");
        String first = take(book, 0);
        take(book, 1);
        for (int attempt = 0; attempt < 10; attempt++) {
            assertThat(take(book, 0)).isEqualTo(first);
        }
        book.failed(0, Failure.UNREACHABLE);
        assertThat(take(book, 0)).isNotEqualTo(first);
    }

    @Test
    void aFailedAddressRestsAMinuteUnlessThereIsNoOther() throws Exception {
        EdgeAddresses book = book("192.0.2.1", "192.0.2.2");
        String failed = take(book, 0);
        book.failed(0, Failure.NOT_ADMITTED);
        String other = take(book, 0);
        assertThat(other).isNotEqualTo(failed);
        assertThat(take(book, 1)).isEqualTo(other);
        book.failed(0, Failure.UNREACHABLE);
        assertThat(take(book, 0)).as("the one whose rest ends first").isEqualTo(failed);
        book.released(0);
        book.released(1);
        later(EdgeAddresses.REST.plusSeconds(1));
        assertThat(Set.of(take(book, 0), take(book, 1))).hasSize(2);
    }

    @Test
    void anAddressThatHasTheConnectionAlreadyIsLeftByThatIndexOnly() throws Exception {
        EdgeAddresses book = book("192.0.2.1", "192.0.2.2");
        String taken = take(book, 0);
        book.failed(0, Failure.DUPLICATE);
        assertThat(take(book, 0)).isNotEqualTo(taken);
        assertThat(take(book, 1)).isEqualTo(taken);
    }

    @Test
    void whereIpv6FailsIpv4IsPreferredForTenMinutes() throws Exception {
        names.put("edge.test", List.of("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"));
        EdgeAddresses book = book("edge.test");
        assertThat(take(book, 0)).contains(":");
        book.failed(0, Failure.UNREACHABLE);
        assertThat(take(book, 0)).startsWith("192.");
        book.released(0);
        later(Duration.ofMinutes(9));
        assertThat(take(book, 0)).startsWith("192.");
        book.released(0);
        later(Duration.ofMinutes(2));
        assertThat(take(book, 0)).contains(":");
    }

    @Test
    void whereIpv4FailsTooIpv6IsPreferredAgain() throws Exception {
        names.put("edge.test", List.of("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"));
        EdgeAddresses book = book("edge.test");
        String first = take(book, 0);
        book.failed(0, Failure.UNREACHABLE);
        assertThat(take(book, 0)).startsWith("192.");
        book.failed(0, Failure.UNREACHABLE);
        assertThat(take(book, 0)).contains(":").isNotEqualTo(first);
    }

    @Test
    void addressesThatWereTriedAreNotGivenAgain() throws Exception {
        EdgeAddresses book = book("192.0.2.1", "192.0.2.2");
        Set<InetSocketAddress> tried = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            tried.add(choice(book, 0, tried).orElseThrow().address());
        }
        assertThat(tried).hasSize(2);
        assertThat(choice(book, 0, tried)).isEmpty();
    }

    @Test
    void anAlternativeIsOneThatHasNotFailed() throws Exception {
        EdgeAddresses book = book("192.0.2.1", "192.0.2.2");
        assertThat(choice(book, 0, Set.of()).orElseThrow().hasAlternative()).isTrue();
        book.failed(0, Failure.UNREACHABLE);
        assertThat(choice(book, 0, Set.of()).orElseThrow().hasAlternative()).isFalse();
    }

    @Test
    void namesAreResolvedAgainAndAddressesThatAreGoneAreLeft() throws Exception {
        names.put("edge.test", List.of("192.0.2.1"));
        EdgeAddresses book = book("edge.test");
        assertThat(take(book, 0)).isEqualTo("192.0.2.1");
        names.put("edge.test", List.of("192.0.2.9"));
        later(Duration.ofMinutes(1));
        assertThat(take(book, 0)).isEqualTo("192.0.2.9");
    }

    @Test
    void aNameThatStopsResolvingKeepsItsAddresses() throws Exception {
        names.put("edge.test", List.of("192.0.2.1"));
        EdgeAddresses book = book("edge.test");
        take(book, 0);
        names.clear();
        later(Duration.ofHours(1));
        assertThat(take(book, 0)).isEqualTo("192.0.2.1");
    }

    @Test
    void oneNameWithoutAddressDoesNotHinderTheOthers() throws Exception {
        assertThat(take(book("gone.test", "192.0.2.1"), 0)).isEqualTo("192.0.2.1");
        assertThatThrownBy(() -> choice(book("gone.test", "lost.test"), 0, Set.of()))
                .cause()
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("gone.test")
                .hasMessageContaining("has no address");
    }

    private EdgeAddresses book(String... hosts) {
        NameResolver resolver = new NameResolver(this::lookUp, () -> now, Runnable::run);
        List<InetSocketAddress> edges = new ArrayList<>();
        for (String host : hosts) {
            edges.add(InetSocketAddress.createUnresolved(host, 7844));
        }
        return new EdgeAddresses(
                new StaticEdges(edges, new SiteResolver(resolver, EdgeIpVersion.AUTO, WayOut.straight(resolver))),
                () -> now,
                random);
    }

    private List<InetAddress> lookUp(String host) throws UnknownHostException {
        List<String> known = names.get(host);
        if (known == null) {
            throw new UnknownHostException(host);
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String ip : known) {
            addresses.add(InetAddress.getByName(ip));
        }
        return addresses;
    }

    private void later(Duration by) {
        now += by.toNanos();
    }

    private static String take(EdgeAddresses book, int index) throws Exception {
        String ip = choice(book, index, Set.of())
                .orElseThrow()
                .address()
                .getAddress()
                .getHostAddress();
        return ip;
    }

    private static Optional<EdgeAddresses.Choice> choice(EdgeAddresses book, int index, Set<InetSocketAddress> tried)
            throws Exception {
        return book.next(index, tried, LOOP).get(10, TimeUnit.SECONDS);
    }
}
