/** Tests against programs nobody here wrote; skipped, visibly, where these are missing. */
@NullMarked
package dev.adit.tunnel.netty.interop;

import org.jspecify.annotations.NullMarked;
