/**
 * What the edge proves itself with to connectors: read from files, or made when the edge starts. Called once, by the
 * edge, on the thread that starts it.
 */
@NullMarked
package dev.adit.tunnel.netty.edge.certificate;

import org.jspecify.annotations.NullMarked;
