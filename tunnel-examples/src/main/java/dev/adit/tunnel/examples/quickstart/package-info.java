/** How do I make a local port reachable? Edge and tunnel in one JVM. */
@NullMarked
package dev.adit.tunnel.examples.quickstart;

import org.jspecify.annotations.NullMarked;
