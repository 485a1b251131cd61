/** What happens to a tunnel, as records, and who is told. Events are delivered off the event loops. */
@NullMarked
package dev.adit.tunnel.event;

import org.jspecify.annotations.NullMarked;
