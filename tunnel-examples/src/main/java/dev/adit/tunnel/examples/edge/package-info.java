/** How do I run an edge of my own, for Adit and for the stock cloudflared? */
@NullMarked
package dev.adit.tunnel.examples.edge;

import org.jspecify.annotations.NullMarked;
