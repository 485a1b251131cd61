package dev.adit.tunnel.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.adit.tunnel.CloseReport;
import dev.adit.tunnel.ConnectionInfo;
import dev.adit.tunnel.IngressRule;
import dev.adit.tunnel.Origin;
import dev.adit.tunnel.Tunnel;
import dev.adit.tunnel.TunnelClient;
import dev.adit.tunnel.TunnelCredentials;
import dev.adit.tunnel.TunnelEdge;
import dev.adit.tunnel.TunnelException;
import dev.adit.tunnel.TunnelState;
import dev.adit.tunnel.event.TunnelEvent.ConnectionLost;
import dev.adit.tunnel.event.TunnelEvent.ConnectionRegistered;
import dev.adit.tunnel.event.TunnelEvent.ReconnectScheduled;
import dev.adit.tunnel.event.TunnelEvent.StateChanged;
import dev.adit.tunnel.netty.pair.EventLog;
import dev.adit.tunnel.netty.pair.FaultProxy;
import dev.adit.tunnel.netty.pair.ScriptedEdge;
import dev.adit.tunnel.netty.pair.Visitor;
import dev.adit.tunnel.netty.wire.rpc.ConnectionDetails;
import dev.adit.tunnel.netty.wire.rpc.ConnectionError;
import dev.adit.tunnel.netty.wire.rpc.ConnectionResponse;
import dev.adit.tunnel.netty.wire.rpc.RegisterConnection;
import dev.adit.tunnel.netty.wire.rpc.RegistrationService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Several connections of one tunnel. */
class ConnectionsTest {

    private static final TunnelCredentials CREDENTIALS =
            TunnelCredentials.of("account", UUID.fromString("3f1d2c4b-5a69-4788-9abc-def012345678"), new byte[32]);

    private final EventLog events = new EventLog();

    @Nested
    class BetweenOurEnds {

        @Test
        void aTunnelHasFourConnectionsToAnEdgeWithOneAddress() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    Tunnel tunnel = builder(edge).edge(edge).build().start()) {
                events.awaitState(TunnelState.HEALTHY);
                assertThat(tunnel.connections())
                        .extracting(ConnectionInfo::index)
                        .containsExactly(0, 1, 2, 3);
                assertThat(events.all(StateChanged.class))
                        .extracting(StateChanged::to)
                        .containsExactly(TunnelState.DEGRADED, TunnelState.HEALTHY);
                assertThat(Visitor.get(edge.publicAddress(), "app.test", "/").status())
                        .isEqualTo(204);
            }
        }

        @Test
        void theyAreSpreadOverTheAddresses() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    FourWays ways = new FourWays(edge);
                    Tunnel tunnel = builder(edge)
                            .edgeAddresses(ways.addresses())
                            .build()
                            .start()) {
                events.awaitState(TunnelState.HEALTHY);
                assertThat(tunnel.connections())
                        .extracting(c -> c.edgeAddress().getPort())
                        .doesNotHaveDuplicates()
                        .hasSize(4);
            }
        }

        @Test
        void whenOneIsCutUnderLoadTheOthersCarryOn() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    FourWays ways = new FourWays(edge);
                    Tunnel tunnel = builder(edge)
                            .edgeAddresses(ways.addresses())
                            .build()
                            .start()) {
                events.awaitState(TunnelState.HEALTHY);
                ConnectionInfo victim = tunnel.connections().get(2);
                try (Load load = new Load(edge.publicAddress(), 4)) {
                    load.awaitServed(100);
                    ways.to(victim.edgeAddress()).cut();
                    events.await(ConnectionLost.class, 1);
                    load.awaitServed(load.served() + 400);
                    events.awaitState(TunnelState.HEALTHY);
                    load.awaitServed(load.served() + 100);
                    // Each of the four visitors may have had one request on the lost connection.
                    assertThat(load.failed()).isLessThanOrEqualTo(4);
                }
                assertThat(events.all(ConnectionLost.class)).singleElement().satisfies(lost -> {
                    assertThat(lost.index()).isEqualTo(2);
                    assertThat(lost.registered()).isTrue();
                });
                assertThat(events.all(StateChanged.class))
                        .extracting(StateChanged::to)
                        .containsExactly(
                                TunnelState.DEGRADED, TunnelState.HEALTHY, TunnelState.DEGRADED, TunnelState.HEALTHY);
            }
        }

        @Test
        void whenTheAddressOfOneIsGoneItMovesToAnother() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    FourWays ways = new FourWays(edge);
                    Tunnel tunnel = builder(edge)
                            .edgeAddresses(ways.addresses())
                            .build()
                            .start()) {
                events.awaitState(TunnelState.HEALTHY);
                ConnectionInfo victim = tunnel.connections().get(1);
                ways.to(victim.edgeAddress()).refuse(true);
                ways.to(victim.edgeAddress()).cut();
                ConnectionRegistered back = events.await(
                                ConnectionRegistered.class, e -> e.connection().index() == 1, 2)
                        .get(1);
                assertThat(back.connection().edgeAddress()).isNotEqualTo(victim.edgeAddress());
                assertThat(events.all(ConnectionLost.class))
                        .extracting(ConnectionLost::index)
                        .containsOnly(1);
            }
        }

        @Test
        void oneThatFallsSilentIsReplacedByWayOfAnotherAddress() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    FourWays ways = new FourWays(edge);
                    Tunnel tunnel = builder(edge)
                            .edgeAddresses(ways.addresses())
                            .connections(2)
                            .build()
                            .start()) {
                events.awaitState(TunnelState.HEALTHY);
                ConnectionInfo victim = tunnel.connections().get(1);
                ways.to(victim.edgeAddress()).swallow(true);
                Instant began = Instant.now();
                ConnectionLost lost = events.await(ConnectionLost.class, 1);
                assertThat(lost.index()).isEqualTo(1);
                assertThat(lost.reason()).contains("nothing was heard from it for 1");
                assertThat(Duration.between(began, lost.at())).isGreaterThan(Duration.ofSeconds(4));
                events.awaitState(TunnelState.HEALTHY);
                assertThat(tunnel.connections().get(1).edgeAddress()).isNotEqualTo(victim.edgeAddress());
                assertThat(Visitor.get(edge.publicAddress(), "app.test", "/").status())
                        .isEqualTo(204);
            }
        }

        @Test
        void aStartTriesTheNextAddress() throws Exception {
            try (TunnelEdge edge = TunnelEdge.local();
                    Tunnel tunnel = builder(edge)
                            .edgeAddresses(closed(), closed(), edge.connectorAddress())
                            .build()
                            .start()) {
                assertThat(tunnel.connections().get(0).edgeAddress()).isEqualTo(edge.connectorAddress());
            }
        }

        @Test
        void aStartWithoutAnyReachableAddressFailsOnceEachWasTried() throws Exception {
            InetSocketAddress one = closed();
            InetSocketAddress two = closed();
            try (TunnelEdge edge = TunnelEdge.local()) {
                assertThatThrownBy(() ->
                                builder(edge).edgeAddresses(one, two).build().start())
                        .isInstanceOfSatisfying(TunnelException.class, e -> {
                            List<String> told = new ArrayList<>();
                            told.add(e.getMessage());
                            for (Throwable other : e.getSuppressed()) {
                                told.add(other.getMessage());
                            }
                            assertThat(told).hasSize(2);
                            assertThat(told).anyMatch(text -> text.contains(":" + one.getPort()));
                            assertThat(told).anyMatch(text -> text.contains(":" + two.getPort()));
                        });
            }
        }

        private TunnelClient.Builder builder(TunnelEdge edge) {
            TunnelCredentials credentials = edge.createTunnel("t");
            edge.route("app.test", credentials.tunnelId());
            return TunnelClient.builder()
                    .credentials(credentials)
                    .edgeTrust(edge.trust())
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .listener(events);
        }
    }

    @Nested
    class WithAnEdgeThatIsParticular {

        @Test
        void theOthersWaitUntilTheFirstIsRegistered() throws Exception {
            CompletableFuture<ConnectionResponse> first = new CompletableFuture<>();
            Script script = new Script(index -> index == 0 ? first : done(accepted()));
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                CompletableFuture<Tunnel> starting = builder(edge).build().startAsync();
                script.awaitFirst();
                CompletableFuture<List<Integer>> askedUntilThen = new CompletableFuture<>();
                CompletableFuture.delayedExecutor(1500, TimeUnit.MILLISECONDS).execute(() -> {
                    askedUntilThen.complete(List.copyOf(script.asked));
                    first.complete(accepted());
                });
                try (Tunnel tunnel = starting.get(20, TimeUnit.SECONDS)) {
                    assertThat(askedUntilThen.get()).containsExactly(0);
                    events.awaitState(TunnelState.HEALTHY);
                    assertThat(script.asked).containsExactly(0, 1, 2, 3);
                    assertThat(tunnel.connections()).hasSize(4);
                }
            }
        }

        @Test
        void anIndexThatTheEdgeHasAlreadyMovesToAnotherAddress() throws Exception {
            Script full = new Script(index -> done(index == 0 ? accepted() : duplicate()));
            Script free = new Script(index -> done(accepted()));
            try (ScriptedEdge one = new ScriptedEdge(full);
                    ScriptedEdge other = new ScriptedEdge(free, one);
                    Tunnel tunnel = builder(one)
                            .edgeAddresses(one.address(), other.address())
                            .build()
                            .start()) {
                events.awaitState(TunnelState.HEALTHY);
                assertThat(tunnel.connections().stream()
                                .filter(c -> c.index() > 0)
                                .map(ConnectionInfo::edgeAddress))
                        .containsOnly(other.address());
            }
        }

        @Test
        void anEdgeThatKeepsRefusingIsNotHammered() throws Exception {
            Script script = new Script(index -> done(index == 0 ? accepted() : duplicate()));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge).connections(2).build().start()) {
                List<ReconnectScheduled> waits = events.await(ReconnectScheduled.class, e -> e.index() == 1, 6);
                Duration scheduled = Duration.ZERO;
                for (ReconnectScheduled wait : waits.subList(0, 5)) {
                    scheduled = scheduled.plus(wait.delay());
                }
                assertThat(waits).extracting(ReconnectScheduled::attempt).startsWith(1, 2, 3, 4, 5, 6);
                assertThat(Duration.between(waits.get(0).at(), waits.get(5).at()))
                        .isGreaterThanOrEqualTo(scheduled.minusMillis(100));
                assertThat(script.asked.stream().filter(index -> index == 1).count())
                        .isBetween(6L, events.all(ReconnectScheduled.class).size() + 1L);
                assertThat(tunnel.state()).isEqualTo(TunnelState.DEGRADED);
            }
        }

        @Test
        void connectionsThatAreNoUseWaitLongerEachTime() throws Exception {
            Script script = new Script(index -> done(accepted()));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge).connections(1).build().start()) {
                for (int loss = 1; loss <= 5; loss++) {
                    events.await(ConnectionRegistered.class, loss);
                    edge.next().close();
                    events.await(ReconnectScheduled.class, loss);
                }
                assertThat(events.all(ReconnectScheduled.class))
                        .extracting(ReconnectScheduled::attempt)
                        .containsExactly(1, 2, 3, 4, 5);
                assertThat(tunnel.state()).isEqualTo(TunnelState.DOWN);
            }
        }

        @Test
        void aLaterRefusalForGoodIsToldAndTriedAgainAMinuteLater() throws Exception {
            Script script = new Script(index ->
                    done(index == 0 ? accepted() : new ConnectionError("no more for you", Duration.ZERO, false)));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge).connections(2).build().start()) {
                assertThat(events.await(ReconnectScheduled.class, 1).delay())
                        .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(70));
                assertThat(events.await(ConnectionLost.class, 1)).satisfies(lost -> {
                    assertThat(lost.index()).isEqualTo(1);
                    assertThat(lost.registered()).isFalse();
                    assertThat(lost.reason()).contains("no more for you");
                });
                assertThat(tunnel.state()).isEqualTo(TunnelState.DEGRADED);
                assertThat(edge.next().send(ScriptedEdge.request("GET", "/")).status())
                        .isEqualTo("204");
            }
        }

        @Test
        void aWaitThatTheEdgeAskedForIsKept() throws Exception {
            Script script = new Script(index ->
                    done(index == 0 ? accepted() : new ConnectionError("overloaded", Duration.ofSeconds(170), true)));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge).connections(2).build().start()) {
                assertThat(events.await(ReconnectScheduled.class, 1).delay())
                        .isBetween(Duration.ofSeconds(170), Duration.ofSeconds(171));
                assertThat(tunnel.connections()).hasSize(1);
            }
        }

        @Test
        void aWaitForCenturiesIsAnHour() throws Exception {
            Script script = new Script(index -> done(
                    index == 0 ? accepted() : new ConnectionError("later", Duration.ofNanos(Long.MAX_VALUE), true)));
            try (ScriptedEdge edge = new ScriptedEdge(script);
                    Tunnel tunnel = builder(edge).connections(2).build().start()) {
                assertThat(events.await(ReconnectScheduled.class, 1).delay())
                        .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusSeconds(1));
                assertThat(tunnel.connections()).hasSize(1);
            }
        }

        @Test
        void closingDrainsAllAtOnceAndReportsThemTogether() throws Exception {
            Duration grace = Duration.ofSeconds(4);
            CountDownLatch begun = new CountDownLatch(4);
            Script script = new Script(index -> done(accepted()));
            try (ScriptedEdge edge = new ScriptedEdge(script)) {
                Tunnel tunnel = builder(edge)
                        .ingress(IngressRule.otherwise(Origin.handler(exchange -> {
                            CompletableFuture<Void> never = new CompletableFuture<>();
                            exchange.onCancel(() -> never.complete(null));
                            begun.countDown();
                            never.get();
                        })))
                        .build()
                        .start();
                List<CompletableFuture<ScriptedEdge.Answer>> answers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    ScriptedEdge.Connection connection = edge.next();
                    String path = "/" + i;
                    answers.add(CompletableFuture.supplyAsync(() -> sent(connection, path)));
                }
                assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
                events.awaitState(TunnelState.HEALTHY); // requests come as soon as there is a connection
                CloseReport report = tunnel.close(grace);
                assertThat(report.cut())
                        .extracting(CloseReport.CutRequest::path)
                        .containsExactlyInAnyOrder("/0", "/1", "/2", "/3");
                assertThat(report.took()).isBetween(grace, grace.multipliedBy(3));
                for (CompletableFuture<ScriptedEdge.Answer> answer : answers) {
                    assertThat(answer.get(20, TimeUnit.SECONDS).reset()).isNotNegative();
                }
                assertThat(tunnel.state()).isEqualTo(TunnelState.CLOSED);
            }
        }

        private ScriptedEdge.Answer sent(ScriptedEdge.Connection connection, String path) {
            try {
                return connection.send(ScriptedEdge.request("GET", path));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private TunnelClient.Builder builder(ScriptedEdge edge) {
            return TunnelClient.builder()
                    .credentials(CREDENTIALS)
                    .edgeAddresses(edge.address())
                    .edgeTrust(edge.trust())
                    .gracePeriod(Duration.ZERO)
                    .ingress(IngressRule.otherwise(Origin.status(204)))
                    .listener(events);
        }
    }

    private static ConnectionResponse accepted() {
        return new ConnectionDetails(UUID.randomUUID(), "tst01", true);
    }

    private static ConnectionResponse duplicate() {
        return new ConnectionError("EDUPCONN", Duration.ZERO, true);
    }

    private static CompletionStage<ConnectionResponse> done(ConnectionResponse response) {
        return CompletableFuture.completedStage(response);
    }

    private static InetSocketAddress closed() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return InetSocketAddress.createUnresolved("127.0.0.1", socket.getLocalPort());
        }
    }

    /** Answers by index and remembers who asked. */
    private static final class Script implements RegistrationService {

        private final Function<Integer, CompletionStage<ConnectionResponse>> answer;
        private final List<Integer> asked = new CopyOnWriteArrayList<>();
        private final CountDownLatch first = new CountDownLatch(1);

        Script(Function<Integer, CompletionStage<ConnectionResponse>> answer) {
            this.answer = answer;
        }

        void awaitFirst() throws InterruptedException {
            assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public CompletionStage<ConnectionResponse> registerConnection(RegisterConnection request) {
            asked.add(request.connIndex());
            first.countDown();
            return answer.apply(request.connIndex());
        }

        @Override
        public CompletionStage<@Nullable Void> updateLocalConfiguration(byte[] told) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<@Nullable Void> unregisterConnection() {
            return CompletableFuture.completedFuture(null);
        }
    }

    /** One edge behind four addresses. */
    private static final class FourWays implements AutoCloseable {

        private final List<FaultProxy> proxies = new ArrayList<>();

        FourWays(TunnelEdge edge) throws IOException {
            for (int i = 0; i < 4; i++) {
                proxies.add(new FaultProxy(edge.connectorAddress()));
            }
        }

        InetSocketAddress[] addresses() {
            return proxies.stream().map(FaultProxy::address).toArray(InetSocketAddress[]::new);
        }

        FaultProxy to(InetSocketAddress address) {
            return proxies.stream()
                    .filter(proxy -> proxy.address().getPort() == address.getPort())
                    .findFirst()
                    .orElseThrow();
        }

        @Override
        public void close() throws IOException {
            for (FaultProxy proxy : proxies) {
                proxy.close();
            }
        }
    }

    /** Visitors who ask one thing after the other until it is closed. */
    private static final class Load implements AutoCloseable {

        private final List<Thread> visitors = new ArrayList<>();
        private boolean over;
        private int served;
        private int failed;

        Load(InetSocketAddress edge, int visitors) {
            for (int i = 0; i < visitors; i++) {
                Thread thread = new Thread(() -> visit(edge), "load");
                thread.setDaemon(true);
                thread.start();
                this.visitors.add(thread);
            }
        }

        private void visit(InetSocketAddress edge) {
            boolean good = false;
            do {
                try {
                    good = Visitor.get(edge, "app.test", "/").status() == 204;
                } catch (IOException e) {
                    good = false;
                }
            } while (count(good));
        }

        private synchronized boolean count(boolean good) {
            served += good ? 1 : 0;
            failed += good ? 0 : 1;
            notifyAll();
            return !over;
        }

        synchronized int served() {
            return served;
        }

        synchronized int failed() {
            return failed;
        }

        synchronized void awaitServed(int count) throws InterruptedException {
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (served < count) {
                long left = deadline - System.nanoTime();
                assertThat(left).as("%d requests served", count).isPositive();
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }

        @Override
        public void close() throws InterruptedException {
            synchronized (this) {
                over = true;
            }
            for (Thread visitor : visitors) {
                visitor.join(TimeUnit.SECONDS.toMillis(30));
            }
        }
    }
}
