/** How do I run what I run with cloudflared today, with the same file and the same command line? */
@NullMarked
package dev.adit.tunnel.examples.cli;

import org.jspecify.annotations.NullMarked;
