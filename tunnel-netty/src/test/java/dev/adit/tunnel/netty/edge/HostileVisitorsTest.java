package dev.adit.tunnel.netty.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.adit.tunnel.netty.edge.RawVisitor.Response;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Visitors who would have the edge hold more than its share. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileVisitorsTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

    private static final String GREEDY = "GET /greedy HTTP/1.1\r\nHost: app.test\r\n\r\n";

    private EdgeFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new EdgeFixture();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    @Test
    void whoAsksOnAndOnAndReadsNothingIsServedNoFurther() throws Exception {
        int asked = 600;
        String body = "b".repeat(32 * 1024);
        AtomicInteger served = new AtomicInteger();
        fixture.connector.onRequest(call -> {
            boolean own = "/greedy".equals(call.header(":path"));
            served.addAndGet(own ? 1 : 0);
            call.ok(own ? body : "ok");
        });
        try (RawVisitor greedy = new RawVisitor(fixture.edge.publicAddress(), 64 * 1024)) {
            greedy.send(GREEDY.repeat(asked));
            awaitRest(served);
            assertThat(served.get()).isLessThan(asked * 3 / 4);
            for (int i = 0; i < asked; i++) {
                Response response = greedy.response();
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.body()).hasSize(body.length());
            }
        }
    }

    /** Waits until the count has not changed over twenty requests of another visitor. */
    private void awaitRest(AtomicInteger served) throws Exception {
        try (RawVisitor other = fixture.visitor()) {
            int before = -1;
            while (before != served.get()) {
                before = served.get();
                for (int i = 0; i < 20; i++) {
                    assertThat(other.send(GET).response().status()).isEqualTo(200);
                }
            }
        }
    }

    @Test
    void refusalsGoOnAsTheVisitorReads() throws Exception {
        int asked = 10_000;
        String nobody = "GET / HTTP/1.1\r\nHost: nobody.test\r\nAccept: text/html\r\n\r\n";
        try (RawVisitor greedy = new RawVisitor(fixture.edge.publicAddress(), 64 * 1024)) {
            Thread asking = new Thread(() -> {
                try {
                    greedy.send(nobody.repeat(asked));
                } catch (IOException e) {
                    // Closed below.
                }
            });
            asking.start();
            for (int i = 0; i < asked; i++) {
                assertThat(greedy.response().status()).isEqualTo(404);
            }
            asking.join();
        }
    }
}
