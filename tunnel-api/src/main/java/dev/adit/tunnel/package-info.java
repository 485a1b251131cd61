/** The nouns of a tunnel: what applications import. */
@NullMarked
package dev.adit.tunnel;

import org.jspecify.annotations.NullMarked;
