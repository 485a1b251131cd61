/**
 * What Go's standard library does with texts, as far as it shows in cloudflared's rules and messages: URLs, host and port,
 * durations, quoting. Called by {@code connector.ingress} and {@code connector.config}, calls nothing, immutable, any
 * thread.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.golang;

import org.jspecify.annotations.NullMarked;
