/**
 * Ingress rules: checked and compiled when a client is built, matched for each request. Called by the provider and by
 * {@code connector.config} on the
 * application's thread and by {@code connector.serve} on event loops; immutable.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.ingress;

import org.jspecify.annotations.NullMarked;
