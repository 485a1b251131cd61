/** Tests of TCP services. */
@NullMarked
package dev.adit.tunnel.netty.origin.stream;

import org.jspecify.annotations.NullMarked;
