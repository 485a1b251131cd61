package dev.adit.tunnel.netty.leaks;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A leak detector that keeps every report besides logging it. Netty calls it from whatever thread allocates. */
public final class RecordingLeakDetector<T> extends ResourceLeakDetector<T> {
    private static final List<RecordingLeakDetector<?>> DETECTORS = new CopyOnWriteArrayList<>();
    private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

    /** Called by Netty, by reflection, once for each type of resource. */
    public RecordingLeakDetector(Class<?> resourceType, int samplingInterval) {
        super(resourceType, samplingInterval);
        DETECTORS.add(this);
    }

    /** The older form of the same; Netty logs an error when it is missing. {@code maxActive} means nothing any more. */
    public RecordingLeakDetector(Class<?> resourceType, int samplingInterval, long maxActive) {
        this(resourceType, samplingInterval);
    }

    /** Whether Netty uses this class: only when the system property was set before Netty's buffers were loaded. */
    static boolean isInstalled() {
        return !DETECTORS.isEmpty();
    }

    /** Makes every detector look at what the garbage collector found, and takes the reports that came of it. */
    static List<String> takeReports() {
        DETECTORS.forEach(RecordingLeakDetector::poll);
        var taken = new ArrayList<String>();
        for (var report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
            taken.add(report);
        }
        return taken;
    }

    /** Tracking an object is the only public way to make the detector work through its queue. */
    @SuppressWarnings("unchecked")
    private void poll() {
        var probe = (T) new Object();
        ResourceLeakTracker<T> tracker = trackForcibly(probe);
        tracker.close(probe);
    }

    @Override
    protected boolean needReport() {
        return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
        REPORTS.add(resourceType + " was garbage-collected before release() was called." + records);
        super.reportTracedLeak(resourceType, records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
        REPORTS.add(resourceType + " was garbage-collected before release() was called (no records).");
        super.reportUntracedLeak(resourceType);
    }
}
