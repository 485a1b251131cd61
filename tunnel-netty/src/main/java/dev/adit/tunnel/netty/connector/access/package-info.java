/**
 * The Access check: whether a request carries a token that Cloudflare Access signed for the rule's application. Stands
 * before the proxy of any kind of origin; called by {@code connector.serve} on event loops. Only {@code AccessToken} and
 * {@code SigningKeys} touch the JOSE library, which is an optional dependency.
 */
@NullMarked
package dev.adit.tunnel.netty.connector.access;

import org.jspecify.annotations.NullMarked;
