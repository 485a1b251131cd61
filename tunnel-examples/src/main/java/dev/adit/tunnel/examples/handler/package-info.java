/** How does an application answer through a tunnel without listening anywhere? */
@NullMarked
package dev.adit.tunnel.examples.handler;

import org.jspecify.annotations.NullMarked;
