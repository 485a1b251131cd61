/**
 * Configurations with cloudflared's keys: {@code config.yml}, and the JSON form that an edge pushes. A text becomes a tree of
 * values with lines ({@code YamlTree}, {@code JsonTree}), then typed values ({@code Decoder}), then, when somebody asks,
 * checked rules ({@code RuleCheck}) with warnings ({@code ConfigLint}). Called by the provider on the application's thread
 * and by the handling of pushes; calls {@code connector.golang} and {@code connector.ingress}. Immutable results, any
 * thread; reading a large file takes time, so not on an event loop.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.config;

import org.jspecify.annotations.NullMarked;
