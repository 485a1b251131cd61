/** How do I join an edge from another process or machine? */
@NullMarked
package dev.adit.tunnel.examples.connector;

import org.jspecify.annotations.NullMarked;
