/**
 * One package for each question a user asks; each has one main class and one smoke test. Here stands only what several of
 * them need.
 */
@NullMarked
package dev.adit.tunnel.examples;

import org.jspecify.annotations.NullMarked;
