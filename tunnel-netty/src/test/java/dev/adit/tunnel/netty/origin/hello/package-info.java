/** Tests of the test page. */
@NullMarked
package dev.adit.tunnel.netty.origin.hello;

import org.jspecify.annotations.NullMarked;
