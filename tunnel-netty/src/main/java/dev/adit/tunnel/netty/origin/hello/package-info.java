/**
 * The test page of {@code hello_world}, a handler like an application's. {@code origin} makes it, and it runs on the
 * handlers' threads.
 */
@NullMarked
package dev.adit.tunnel.netty.origin.hello;

import org.jspecify.annotations.NullMarked;
