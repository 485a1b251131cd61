/**
 * Makes a leaked buffer fail the build. Netty creates {@code RecordingLeakDetector} (named by a system property of the
 * test JVM) and JUnit calls {@code LeakGuard} after each test class, on the thread that ran it. Tests need not do anything.
 */
@NullMarked
package dev.adit.tunnel.netty.leaks;

import org.jspecify.annotations.NullMarked;
