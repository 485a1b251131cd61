package dev.adit.tunnel.netty.leaks;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class when Netty reported a leak by the end of it. Found by JUnit through META-INF/services, so it guards
 * every class. A leak that the collector finds late is charged to the next class; the records name its origin.
 */
public final class LeakGuard implements BeforeAllCallback, AfterAllCallback {
    private static final long COLLECTOR_PATIENCE_MILLIS = 2_000;

    @Override
    public void beforeAll(ExtensionContext context) {
        UnpooledByteBufAllocator.DEFAULT.heapBuffer(1).release();
        if (!RecordingLeakDetector.isInstalled()) {
            throw new IllegalStateException(
                    "Leaks would go unseen: Netty does not use " + RecordingLeakDetector.class.getName()
                            + ". Start the tests with -Dio.netty.customResourceLeakDetector="
                            + RecordingLeakDetector.class.getName()
                            + " and -Dio.netty.leakDetection.level=paranoid, as the Maven build does.");
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        if (context.getTestClass().map(Class::isMemberClass).orElse(false)) {
            return; // the enclosing class is checked after its nested ones
        }
        collectGarbage();
        List<String> reports = RecordingLeakDetector.takeReports();
        if (!reports.isEmpty()) {
            throw new AssertionError(reports.size() + " leak(s) by the end of " + context.getDisplayName()
                    + ". Release each buffer where its ownership ends.\n" + String.join("\n", reports));
        }
    }

    /** Returns once the collector has queued the references of a garbage object that was made here, or gives up. */
    private static void collectGarbage() throws InterruptedException {
        var queue = new ReferenceQueue<Object>();
        var probe = new PhantomReference<>(new Object(), queue);
        long deadline = System.nanoTime() + COLLECTOR_PATIENCE_MILLIS * 1_000_000;
        do {
            System.gc();
        } while (queue.remove(100) == null && System.nanoTime() < deadline);
        probe.clear(); // keeps the reference itself alive until here: one that is collected is never queued
    }
}
