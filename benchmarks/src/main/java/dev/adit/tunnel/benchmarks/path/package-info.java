/**
 * A request's whole way in one process: visitor, edge, TLS and HTTP/2 over loopback, connector, origin and back.
 *
 * <p><b>Who calls in:</b> JMH. <b>Who is called:</b> the public API alone, so that what is measured is what an
 * application gets. <b>Thread:</b> each visitor is a thread of JMH with one blocking keep-alive socket; edge, connector
 * and the plain server run their own event loops, on the same processors.
 */
@NullMarked
package dev.adit.tunnel.benchmarks.path;

import org.jspecify.annotations.NullMarked;
