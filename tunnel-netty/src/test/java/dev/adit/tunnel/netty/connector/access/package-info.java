/** Tests of the Access check, with a key service that speaks HTTPS. */
@NullMarked
package dev.adit.tunnel.netty.connector.access;

import org.jspecify.annotations.NullMarked;
