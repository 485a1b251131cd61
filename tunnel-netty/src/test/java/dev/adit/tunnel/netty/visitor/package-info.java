/** The visitor's side of TCP services, against our own edge and connector and against hosts that do what the test says. */
@NullMarked
package dev.adit.tunnel.netty.visitor;

import org.jspecify.annotations.NullMarked;
